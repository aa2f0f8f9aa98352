from django.urls import path

from .views import meetings, meetings_agenda, meetings_papers, meetings_votes

urlpatterns = [
    path("", meetings.meeting_list, name="meeting_list"),
    path("new/", meetings.meeting_new, name="meeting_new"),
    path("<int:pk>/", meetings.meeting_detail, name="meeting_detail"),
    path("<int:pk>/edit/", meetings.meeting_edit, name="meeting_edit"),
    path("<int:pk>/agenda/", meetings_agenda.meeting_agenda, name="meeting_agenda"),
    path("<int:pk>/close/", meetings_papers.meeting_close, name="meeting_close"),
    path("<int:pk>/minutes/", meetings_papers.meeting_minutes, name="meeting_minutes"),
    path("members/<int:pk>/check-in/", meetings_votes.member_check_in, name="member_check_in"),
    # One item of an agenda.
    path("items/<int:pk>/", meetings_agenda.agenda_item, name="agenda_item"),
    path(
        "items/<int:pk>/sources/", meetings_agenda.agenda_item_sources, name="agenda_item_sources"
    ),
    path("items/<int:pk>/move/", meetings_agenda.agenda_item_move, name="agenda_item_move"),
    path("items/<int:pk>/remove/", meetings_agenda.agenda_item_remove, name="agenda_item_remove"),
    path("items/<int:pk>/vote/", meetings_votes.agenda_item_vote, name="agenda_item_vote"),
    path("items/<int:pk>/recuse/", meetings_votes.agenda_item_recuse, name="agenda_item_recuse"),
]
