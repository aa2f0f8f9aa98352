from django.urls import URLPattern, path

from .views import accounts, calendar, delegations, people, places

urlpatterns: list[URLPattern] = [
    path("login/", accounts.login, name="login"),
    path("logout/", accounts.logout, name="logout"),
    path("password/", accounts.password_change, name="password_change"),
    path("email/", accounts.email_change, name="email_change"),
    path("posts/mine/", accounts.my_posts, name="my_posts"),
    path("posts/<int:pk>/accept/", accounts.post_accept, name="post_accept"),
    path("posts/<int:pk>/end/", people.post_end, name="post_end"),
    path("posts/<int:pk>/lend/", delegations.post_lend, name="post_lend"),
    path("delegations/", delegations.delegation_list, name="delegation_list"),
    path("delegations/<int:pk>/revoke/", delegations.delegation_revoke, name="delegation_revoke"),
    path("people/", people.people_list, name="people_list"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/<int:pk>/", people.person_detail, name="person_detail"),
    path("people/<int:pk>/appoint/", people.post_new, name="post_new"),
    path("people/<int:pk>/disable/", people.person_disable, name="person_disable"),
    path("people/<int:pk>/enable/", people.person_enable, name="person_enable"),
    path("people/<int:pk>/password/", people.person_password, name="person_password"),
    path("organizations/", places.organization_list, name="organization_list"),
    path("divisions/", places.division_list, name="division_list"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/new/", calendar.calendar_new, name="calendar_new"),
    path("calendar/<int:pk>/cancel/", calendar.calendar_cancel, name="calendar_cancel"),
    path("divisions/search/", places.division_search, name="division_search"),
]
