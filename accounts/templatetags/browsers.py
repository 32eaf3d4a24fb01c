"""`{{ session.user_agent|browser }}`: a browser in words."""

from django import template

from accounts.browsers import words_for

register = template.Library()
register.filter("browser", words_for)
