"""Sign in and out of the office."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """User name and password, with a refusal that tells neither which of the two was wrong nor whether the user exists."""

    error_messages = {
        "invalid_login": _("User name or password is not right. Both distinguish capital and small letters."),
        "inactive": _("User name or password is not right. Both distinguish capital and small letters."),
    }

    username = forms.CharField(
        label=_("User name"), widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SignIn(LoginView):
    """The page to sign in; who is signed in goes on to the home page."""

    authentication_form = SignInForm
    template_name = "office/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Sign out by POST and show the page to sign in."""
