"""Django's settings. Everything an operator may change is a YIBAO_* variable of DOCUMENTED; docs/settings.md lists them."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import ClassVar

from yibao.core.errors import YibaoError
from yibao.interfaces.server import database

DOCUMENTED: dict[str, tuple[str, str, str]] = {
    "YIBAO_HOME": (".yibao", "本机数据所在文件夹", "the folder of this installation's state"),
    "YIBAO_DATABASE_URL": (
        "",
        "生产数据库地址;空则使用内置 PostgreSQL",
        "the production server; empty: the embedded one",
    ),
    "YIBAO_SECRET_KEY": (
        "",
        "会话签名密钥;空则自动生成并存于数据文件夹",
        "key of sessions; empty: made and kept in the home",
    ),
    "YIBAO_MASTER_KEY": (
        "",
        "主密钥，用于封存机构密钥；轮换时新钥在前、旧钥在后，以逗号分隔；空则自动生成并存于数据文件夹（仅限内置数据库）",
        "seals keys of institutions; in rotation new,old; empty: made and kept in the home, embedded database only",
    ),
    "YIBAO_HOSTS": ("127.0.0.1,localhost", "允许的主机名", "host names that are served"),
    "YIBAO_PORT": ("8400", "服务端口", "the port that is served"),
    "YIBAO_ADDRESS": ("127.0.0.1", "服务地址", "the address that is served"),
    "YIBAO_WORKERS": ("2", "服务进程数", "number of server processes"),
    "YIBAO_THREADS": ("16", "每进程线程数", "threads of each process"),
    "YIBAO_KEEP_CORES": (
        "auto",
        "auto：服务进程数不少于处理器核数时，每个进程固定使用一个核；1：总是固定；0：由系统安排",
        "auto: each server process keeps to a core of its own when there is one for every core; 1: always; 0: never",
    ),
    "YIBAO_MESSAGE_MONTHS": (
        "24",
        "报文至少在库内保存的整月数(我方默认)",
        "whole months that messages stay in the database at least (our default)",
    ),
    "YIBAO_IN_FLIGHT": (
        "256",
        "每进程同时在办和排队的请求上限(报文、网页各计)",
        "requests in flight in each process: messages, and pages",
    ),
    "YIBAO_HTTPS": ("", "置 1 则只经 HTTPS 传送会话", "1: sessions travel over HTTPS only"),
    "YIBAO_SANDBOX": (
        "",
        "置 1 则为联调沙箱：保留最近报文、可演练故障；切勿用于生产",
        "1: a sandbox that keeps the latest messages and makes faults on demand; never in production",
    ),
    "YIBAO_SANDBOX_MESSAGES": (
        "2000",
        "沙箱每个接入点保留的最近报文数",
        "the latest messages that a sandbox keeps for each access point",
    ),
    "YIBAO_DEBUG": ("", "置 1 显示调试页,切勿用于生产", "1: debugging pages; never in production"),
}


def _setting(name: str) -> str:
    """A documented variable's value, or its default."""
    return os.environ.get(name) or DOCUMENTED[name][0]


class NoNumberError(YibaoError):
    """A variable that takes a number holds something else."""

    code: ClassVar[str] = "server.no_number"


def _number(name: str) -> int:
    """A documented variable's value, where that is a number."""
    value = _setting(name).strip()
    if not (value.isascii() and value.isdecimal()):
        raise NoNumberError(name=name, value=value)
    return int(value)


def _kept(name: str) -> str:
    """A secret in a file of the home that its owner alone may read, made once by whoever comes first."""
    path = database.home() / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def _master_keys() -> tuple[str, ...]:
    """The master keys, the newest first; a named server never gets one by itself, as it would be lost with this folder."""
    if named := _setting("YIBAO_MASTER_KEY"):
        return tuple(key.strip() for key in named.split(",") if key.strip())
    return () if database.named_url() else tuple(_kept("master-key").split())


BASE = Path(__file__).resolve().parent
SECRET_KEY = _setting("YIBAO_SECRET_KEY") or _kept("secret-key")
MASTER_KEYS = _master_keys()
DEBUG = _setting("YIBAO_DEBUG") == "1"
ALLOWED_HOSTS = _setting("YIBAO_HOSTS").split(",")
PORT = _number("YIBAO_PORT")
ADDRESS = _setting("YIBAO_ADDRESS")
WORKERS = _number("YIBAO_WORKERS")
THREADS = _number("YIBAO_THREADS")
KEEP_CORES = _setting("YIBAO_KEEP_CORES")
IN_FLIGHT = _number("YIBAO_IN_FLIGHT")
MESSAGE_MONTHS = _number("YIBAO_MESSAGE_MONTHS")
SANDBOX = _setting("YIBAO_SANDBOX") == "1"
SANDBOX_MESSAGES = _number("YIBAO_SANDBOX_MESSAGES")

INSTALLED_APPS = [
    "yibao.interfaces.office.admin_config.OfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "yibao.domains.reference",
    "yibao.domains.people",
    "yibao.domains.institutions",
    "yibao.domains.catalogue",
    "yibao.domains.files",
    "yibao.domains.listings",
    "yibao.domains.enrolment",
    "yibao.domains.messages",
    "yibao.domains.staff",
    "yibao.domains.sandbox",
    "yibao.domains.acceptance",
    "yibao.domains.simulations",
    "yibao.domains.price_items",
    "yibao.domains.filings",
    "yibao.domains.agreements",
    "yibao.domains.supplement",
    "yibao.domains.vouchers",
    "yibao.domains.personal_access",
    "yibao.domains.visits",
    "yibao.domains.settlement",
    "yibao.domains.clinical",
    "yibao.domains.prescriptions",
    "yibao.domains.stock",
    "yibao.domains.settlement_lists",
    "yibao.domains.internet_care",
    "yibao.domains.mobile_orders",
    "yibao.domains.ledger",
    "yibao.domains.emergencies",
    "yibao.domains.interregional",
    "yibao.domains.reconciliation",
    "yibao.domains.corrections",
    "yibao.domains.assistance",
    "yibao.domains.claims",
    "yibao.domains.reimbursement",
    "yibao.domains.maternity",
    "yibao.interfaces.office",
    "yibao.interfaces.portal",
    "yibao.interfaces.console",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "yibao.interfaces.office.middleware.ActorMiddleware",
    "yibao.interfaces.server.rate_limit.RateLimitMiddleware",
]
ROOT_URLCONF = "yibao.interfaces.server.urls"
WSGI_APPLICATION = "yibao.interfaces.server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["yibao.interfaces.server.page_filters"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yibao.interfaces.office.context.member",
                "yibao.interfaces.portal.display.display",
            ],
        },
    },
]
DATABASES = {"default": database.django_settings()}
PASSWORD_HASHERS = [
    "yibao.interfaces.server.passwords.Argon2id",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of before
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "office:sign_in"
SIMULATIONS = database.home() / "simulations"
LOGIN_REDIRECT_URL = "office:home"
LOGOUT_REDIRECT_URL = "office:sign_in"
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _setting("YIBAO_HTTPS") == "1"
SESSION_COOKIE_HTTPONLY = True
IS_BEHIND_PROXY = SESSION_COOKIE_SECURE
if SESSION_COOKIE_SECURE:  # a proxy in front speaks HTTPS and must set this header itself (docs/operating.md)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
