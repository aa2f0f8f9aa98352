"""One settings file, read from the environment; `./run` and docker-compose.yml set it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

# Lets forms, fields and querysets carry their type parameters at run time as well.
django_stubs_ext.monkeypatch()

env = environ.FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env("YICHI_HOME", default=str(BASE_DIR / ".yichi")))

DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env(
    "SECRET_KEY", default="only-for-commands-that-serve-nobody" if DEMO or DEBUG else ""
)
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set, or empty: sessions could be forged")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", default=False)

DATABASES: dict[str, Any] = {"default": env.db("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# The role that the web server, the worker and the tests act as; migrations grant to it.
DATABASE_APP_ROLE = "yichi_app"
DATABASE_AUDIT_ROLE = "yichi_audit"

INSTALLED_APPS = [
    "organizations",
    "approvals",
    "funds",
    "projects",
    "publicity",
    "performance",
    "assets",
    "supervision",
    "reports",
    "config.apps.ConfigConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "bootstrap",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework.authtoken",
    "simple_history",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "organizations.middleware.keep_out_of_caches",
    "organizations.middleware.end_idle_sessions",
    "organizations.middleware.demand_new_password",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "approvals.middleware.answer_refusals",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.page",
            ],
        },
    },
]

# A widget of our own has its template beside those of the pages.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Accounts
AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["organizations.hashers.OfficeArgon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "organizations.passwords.CharacterClassesValidator"},
    {"NAME": "organizations.passwords.OfficeWordsValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# Deployments on one machine differ by their port, which cookies do not heed.
SESSION_COOKIE_NAME = env("SESSION_COOKIE_NAME", default="sessionid")
CSRF_COOKIE_NAME = f"{SESSION_COOKIE_NAME}_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600  # absolute limit; the idle limit is SESSION_IDLE_SECONDS
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "locked.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Web
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(HOME / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
EVIDENCE_ROOT = HOME / "evidence"
IMPORT_ROWS_MAX = env.int("IMPORT_ROWS_MAX", default=20_000)  # one transaction each
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Words and numbers
LANGUAGE_CODE = "zh-hans"
FILTERS_EMPTY_CHOICE_LABEL = "全部"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "locale"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The first one names itself to anonymous callers, which makes the answer a 401.
        "organizations.tokens.OfficeTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "config.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.WellFormedJSONParser"],
    "EXCEPTION_HANDLER": "config.api.answer_refusal",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "一池 API",
    "DESCRIPTION": "县级财政扶贫资金专账。金额一律为元，以字符串表示。",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are: two lives may share a word
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Work that runs later. The broker may lose everything: the truth is in the database.
CELERY_BROKER_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    # Without a broker a page must not wait: the sweep finds the job. (Six seconds otherwise.)
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
    "socket_connect_timeout": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
DELIVERY_SWEEP_SECONDS = env.float("DELIVERY_SWEEP_SECONDS", default=30)
CELERY_BEAT_SCHEDULE = {
    "verify-ledger-nightly": {
        "task": "funds.tasks.verify_every_ledger",
        "schedule": timedelta(days=1),
    },
    # Writes the day's digests at eight, and goes on sending what was not sent.
    "send-digests": {
        "task": "approvals.tasks.send_digests",
        "schedule": crontab(hour="8-17", minute="*/10"),
    },
    # From the first of the month on; what is there already is not made again.
    "start-monthly-returns": {
        "task": "reports.tasks.start_returns",
        "schedule": crontab(hour="1", minute="30"),
    },
    "reconcile-ledgers-daily": {
        "task": "reports.tasks.reconcile_ledgers",
        "schedule": crontab(hour="2", minute="30"),
    },
    # Before the alerts of the night: what is overdue goes to the next level.
    "bring-up-overdue-daily": {
        "task": "supervision.tasks.bring_up_overdue",
        "schedule": crontab(hour="3", minute="0"),
    },
    "evaluate-alerts-nightly": {
        "task": "supervision.tasks.evaluate_alerts",
        "schedule": crontab(hour="3", minute="30"),
    },
    "deliver-returns": {
        "task": "reports.tasks.deliver_returns",
        "schedule": timedelta(seconds=DELIVERY_SWEEP_SECONDS),
    },
    "ask-for-marks": {
        "task": "reports.tasks.ask_for_marks",
        "schedule": timedelta(seconds=2 * DELIVERY_SWEEP_SECONDS),
    },
    "sweep-jobs": {"task": "approvals.tasks.sweep_jobs", "schedule": timedelta(seconds=20)},
}

# Returns to other deployments, in seconds: the pause after a first attempt that failed (doubled
# each time) and the longest, how long one exchange may take (its row stays locked meanwhile), and
# after how long a unit above is asked again what it did with a return.
DELIVERY_FIRST_PAUSE = env.float("DELIVERY_FIRST_PAUSE", default=30)
DELIVERY_LONGEST_PAUSE = env.float("DELIVERY_LONGEST_PAUSE", default=3600)
DELIVERY_DEADLINE = env.float("DELIVERY_DEADLINE", default=10)
DELIVERY_ASK_PAUSE = env.float("DELIVERY_ASK_PAUSE", default=600)

# E-mail. Without EMAIL_URL none is sent, and none is written to be sent.
MAIL = environ.Env.email_url_config(env("EMAIL_URL", default="") or "dummymail://")
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST = MAIL["EMAIL_HOST"] or ""
EMAIL_PORT = MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds; a digest keeps its row locked while it is handed over
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="") or EMAIL_HOST_USER or "yichi@localhost"
BASE_URL = env("BASE_URL", default="").rstrip("/")  # what the links in an e-mail begin with

SIMPLE_HISTORY_REVERT_DISABLED = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"axes": {"level": "WARNING"}},
}
