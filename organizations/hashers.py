from django.contrib.auth.hashers import Argon2PasswordHasher


class OfficeArgon2Hasher(Argon2PasswordHasher):
    """Argon2id at 19 MiB, so that fifty people logging in at nine o'clock fit in memory."""

    memory_cost = 19_456
    time_cost = 2
    parallelism = 1
