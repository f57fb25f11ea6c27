"""Django's settings, made of `environment`."""

import re
import sys
import warnings
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import addresses
from config.environment import ROOT, SettingsError, read_environment

try:
    env = read_environment()
except SettingsError as error:
    sys.exit(str(error))  # whatever process this is, it must not start, and a traceback would hide the reason

SECRET_KEY = env.kaskad_secret_key.get_secret_value()
SECRET_KEYS = [key.strip() for key in env.kaskad_encryption_keys.get_secret_value().split(",")]
DEBUG = env.kaskad_debug
BASE_URL = env.kaskad_base_url
LAB_URL = env.kaskad_lab_url
PRIVATE_NETWORKS = [network.strip() for network in env.kaskad_private_networks.split(",") if network.strip()]
_base = urlsplit(BASE_URL)
ALLOWED_HOSTS = [host for host in env.kaskad_allowed_hosts.split(",") if host] or [
    _base.hostname or "localhost",
    "localhost",
    "127.0.0.1",
]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE = _base.scheme == "https"

DATABASES = {
    "default": addresses.database(env.database_url),
    "owner": addresses.database(env.database_owner_url or env.database_url),
}
CROSSINGS = ROOT / "platform" / "config" / "crossings.sql"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "django_vite",
    "csp",
    "channels",
    "rest_framework",
    "config",
    "workspaces",
    "audience",
    "messengers",
    "bots",
    "chatpanel",
    "analytics",
]

# Ours, which must lie in the repository and nowhere else: a check at start looks.
LOCAL_APPS = INSTALLED_APPS[INSTALLED_APPS.index("config") :]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "workspaces.language.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "workspaces.last_workspace.LastWorkspaceMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

# Who may open the pages that libraries bring; ours declare it themselves.
PAGES_OF_LIBRARIES = {
    "account_login": "public",
    "account_logout": "public",
    "account_inactive": "public",
    "account_signup": "public",
    "account_confirm_login_code": "public",
    "account_confirm_email": "public",
    "account_email_verification_sent": "public",
    "account_reset_password": "public",
    "account_reset_password_done": "public",
    "account_reset_password_from_key": "public",
    "account_reset_password_from_key_done": "public",
    "account_reauthenticate": "signed_in",
    "account_email": "signed_in",
    "account_change_password": "signed_in",
    "account_set_password": "signed_in",
}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "config.templatetags.face"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.shell.shell",
            ],
        },
    }
]
COTTON_DIR = "cotton"
COTTON_ISOLATE_BY_DEFAULT = True

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_ADAPTER = "workspaces.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "workspaces.account_forms.LogInForm",
    "signup": "workspaces.account_forms.SignUpForm",
    "reset_password": "workspaces.account_forms.ForgottenPasswordForm",
    "reset_password_from_key": "workspaces.account_forms.NewPasswordForm",
    "change_password": "workspaces.account_forms.ChangePasswordForm",
    "set_password": "workspaces.account_forms.SetPasswordForm",
    "add_email": "workspaces.account_forms.ChangeEmailForm",
    "reauthenticate": "workspaces.account_forms.PasswordAgainForm",
}
ACCOUNT_CHANGE_EMAIL = True  # one address at a time: a new one replaces the old once it is confirmed
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
SIGN_UP = env.kaskad_sign_up

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "templates" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "static" / "collected"
STATICFILES_DIRS = [path for path in (ROOT / "static" / "dist", ROOT / "static" / "images") if path.exists()]
WHITENOISE_USE_FINDERS = True  # where nothing was collected, as after `make run`
warnings.filterwarnings("ignore", message="No directory at: .*collected", module="django.core.handlers.base")


def WHITENOISE_IMMUTABLE_FILE_TEST(_path: str, url: str) -> bool:  # noqa: N802
    """Say whether the file's name holds a hash of its content, so that browsers may keep it for ever."""
    return re.match(r"^/static/assets/.+-[\w-]{8,}\.\w+$", url) is not None


DJANGO_VITE = {"default": {"manifest_path": ROOT / "static" / "dist" / "manifest.json", "dev_mode": False}}
WIDGET_DIR = ROOT / "static" / "dist" / "widget"  # served to other sites by the site chat
MEDIA_ROOT = env.kaskad_media_root
CLAMD = env.kaskad_clamd
_bucket = {
    "bucket_name": env.kaskad_s3_bucket,
    "endpoint_url": env.kaskad_s3_endpoint or None,
    "region_name": env.kaskad_s3_region or None,
    "access_key": env.kaskad_s3_access_key or None,
    "secret_key": env.kaskad_s3_secret_key.get_secret_value() or None,
}
STORAGES = {
    "default": {"BACKEND": "messengers.media_storage.S3Files", "OPTIONS": _bucket}
    if env.kaskad_s3_bucket
    else {"BACKEND": "messengers.media_storage.FolderFiles"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

REDIS_URL = env.redis_url
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}

CELERY_BROKER_URL = addresses.broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_BEAT_SCHEDULE = {
    # A tick that waited longer than its successor is of no use.
    "doors": {"task": "messengers.tasks.tick", "schedule": 1.0, "options": {"expires": 2}},
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 5.0, "options": {"expires": 10}},
    "sweep-unsent-files": {"task": "messengers.tasks.sweep_unsent_files", "schedule": 3_600.0},
    "watch-channels": {"task": "messengers.tasks.watch_channels", "schedule": 60.0, "options": {"expires": 60}},
    "end-expired": {"task": "messengers.tasks.end_expired", "schedule": 60.0},
    "prune": {"task": "messengers.tasks.prune", "schedule": crontab(hour=3, minute=20)},
    "erase-deleted-workspaces": {"task": "workspaces.tasks.erase_deleted_workspaces", "schedule": 600.0},
    "clear-expired-sessions": {"task": "workspaces.tasks.clear_expired_sessions", "schedule": 86_400.0},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
X_FRAME_OPTIONS = "DENY"

_email = addresses.email(env.kaskad_email_url)
EMAIL_BACKEND = _email.backend
EMAIL_HOST = _email.host
EMAIL_PORT = _email.port
EMAIL_HOST_USER = _email.user
EMAIL_HOST_PASSWORD = _email.password
EMAIL_USE_SSL = _email.encrypted
EMAIL_USE_TLS = _email.starttls
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.kaskad_email_from

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s", "datefmt": "%H:%M:%S"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.kaskad_log_level.upper()},
    "loggers": {
        "django.server": {"handlers": ["console"], "propagate": False},
        # What these say at "info" is about every request and every heartbeat.
        **{name: {"level": "WARNING"} for name in ("httpx", "kombu", "celery.beat", "celery.worker.strategy")},
    },
}
