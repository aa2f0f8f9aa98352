"""统一社会信用代码, GB 32100-2015."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, power, 31) for power in range(17))


def check_credit_code(code: str) -> str | None:
    """A warning, or None. Early pilot codes carry wrong check characters, so never a refusal."""
    bare = code.strip().upper()
    if len(bare) != 18:
        return f"统一社会信用代码应为 18 位，“{bare}”有 {len(bare)} 位。"
    strange = [character for character in bare if character not in _ALPHABET]
    if strange:
        return (
            f"统一社会信用代码只用数字和不含 I、O、S、V、Z 的大写字母，“{bare}”含有“{strange[0]}”。"
        )
    expected = check_character(bare[:17])
    if bare[17] != expected:
        return (
            f"统一社会信用代码“{bare}”的校验位不符（按 GB 32100-2015 应为 {expected}）。"
            "请核对证照；确属早期试点发码的，请说明后保存。"
        )
    return None


def check_character(body: str) -> str:
    """The eighteenth character for the first seventeen."""
    total = sum(
        _ALPHABET.index(character) * weight
        for character, weight in zip(body, _WEIGHTS, strict=True)
    )
    return _ALPHABET[-total % 31]
