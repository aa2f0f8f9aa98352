from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from .models import Division, User
from .models.divisions import Level


class FilterFor(django_filters.FilterSet):  # type: ignore[misc]
    """Filters of which some offer only what this person may see."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class PlaceFilter(FilterFor):
    """A filter named as a level of divisions (`county`, `township`, `village`) offers those that
    the person sees, and is left out where they would not divide what he sees.

    With `narrows` a level is offered within what was chosen above it, and not before.
    """

    narrows = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        visible = Division.objects.visible_to(self.user).order_by("code")
        above = ""
        for level in (Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE):
            name = level.value
            if name in self.filters:
                places = visible.filter(level=level)
                self.offer(name, places.within(self.chosen(above)) if above else places)
            if self.narrows and name in self.filters:
                above = name

    def offer(self, name: str, places: QuerySet[Division]) -> None:
        if places.count() > 1:
            self.filters[name].queryset = places
        else:
            del self.filters[name]

    def chosen(self, name: str) -> list[str]:
        """The path of what was chosen, in a list; empty without a choice."""
        asked = str(self.data.get(name, ""))
        found = self.filters[name].queryset.filter(pk=asked).first() if asked.isdigit() else None
        return [found.path] if found else []

    def by_place(self, queryset: QuerySet[Any], name: str, value: Division) -> QuerySet[Any]:
        return queryset.filter(division__path__startswith=value.path)
