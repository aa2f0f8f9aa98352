"""An official's 待办 with hundreds of open things, some of them urged, handed on or seated."""

from __future__ import annotations

from psycopg import Connection

from approvals.queries import pending_count
from bench.pages import LIMIT_MS, log_in, measure
from bench.volume import FUNCTIONS, Row, find_ground, owner_connection, without_rules
from organizations.models import Post, Role

OPEN = 500
PATHS = ("/inbox/", "/inbox/?page=17", "/inbox/?overdue=on", "/inbox/?q=蓄水池", "/api/inbox/")
WAIT_FOR_THE_CLERK = """
UPDATE projects_project SET status = CASE WHEN id % 2 = 0 THEN 'county_appraisal'
                                          ELSE 'second_appraisal' END
 WHERE starts_with(code, 'INB-')
"""
# Every tenth has one of each; `%` of the modulus is doubled for the parameters' sake.
ABOUT = (
    "SELECT 'projects.project', id, status, %(by)s, now(), {} FROM projects_project"
    " WHERE starts_with(code, 'INB-') AND id %% 10 = {}"
)
MARKS = (
    "INSERT INTO approvals_reminder"
    " (subject_type, subject_id, status, by_id, at, day, message) "
    + ABOUT.format("current_date, '请抓紧'", 0),
    "INSERT INTO approvals_assignment"
    " (subject_type, subject_id, status, by_id, at, post_id, reason) "
    + ABOUT.format("%(post)s, '分工'", 1),
    "INSERT INTO approvals_seat"
    " (subject_type, subject_id, status, by_id, at, organization_id, role, reason) "
    + ABOUT.format("%(unit)s, 'project_clerk', '会签'", 2),
)


def inbox(projects: int) -> bool:
    """Beside `projects` others of the county, most of which wait for somebody else."""
    ground = find_ground()
    post = Post.objects.select_related("user").get(
        role=Role.PROJECT_CLERK, organization__division=ground.county
    )
    with owner_connection() as owner:
        owner.execute(FUNCTIONS)
        with without_rules(owner):
            for count, mark, spread in ((OPEN, "INB-", False), (projects, "OTH-", True)):
                owner.execute(
                    "CALL bench_projects(%s, %s, %s, %s)", [ground.county, count, mark, spread]
                )
            owner.execute(WAIT_FOR_THE_CLERK)
        mark_some(owner, post)
        owner.execute("ANALYZE")
    waits = pending_count(post.user)
    print(f"待办：{post.user} 有 {waits:,} 件，限 {LIMIT_MS} 毫秒")
    client = log_in(post.user.real_name)
    fine = [measure(client, "项目主管部门经办", path) for path in PATHS]
    return waits >= OPEN and all(fine)


def mark_some(owner: Connection[Row], post: Post) -> None:
    """Past the triggers, which would look at each of them."""
    values = {"by": post.user_id, "post": post.pk, "unit": post.organization_id}
    owner.execute("SET session_replication_role = replica")
    for statement in MARKS:
        owner.execute(statement, values)
    owner.execute("SET session_replication_role = origin")
