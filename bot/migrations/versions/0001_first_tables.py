"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "areas",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("latitude", sa.Float(precision=53), nullable=False),
        sa.Column("longitude", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
    )
    op.create_table(
        "care_policies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("most_open", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_policies")),
    )
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    op.create_table(
        "cities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cities")),
    )
    op.create_table(
        "city_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city_changes")),
    )
    with op.batch_alter_table("city_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_city_changes_what"), ["what"], unique=False)

    op.create_table(
        "clock_offsets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_offsets")),
    )
    op.create_table(
        "evacuation_sites",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("hazards", sa.JSON(), nullable=False),
        sa.Column("latitude", sa.Float(precision=53), nullable=False),
        sa.Column("longitude", sa.Float(precision=53), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evacuation_sites")),
    )
    op.create_table(
        "language_aims",
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=True),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("language", name=op.f("pk_language_aims")),
    )
    op.create_table(
        "learned",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned")),
        sa.UniqueConstraint("language", "text", name=op.f("uq_learned_language_text")),
    )
    op.create_table(
        "networks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_networks")),
        sa.UniqueConstraint("code", name=op.f("uq_networks_code")),
        sa.UniqueConstraint("name", name=op.f("uq_networks_name")),
    )
    op.create_table(
        "policies",
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("drafted_allowed", sa.Boolean(), nullable=False),
        sa.Column("alone_allowed", sa.Boolean(), nullable=False),
        sa.Column("automatic_allowed", sa.Boolean(), nullable=False),
        sa.Column("machine_allowed", sa.Boolean(), nullable=False),
        sa.Column("answer_minutes", sa.Integer(), nullable=True),
        sa.Column("carry_minutes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("severity", name=op.f("pk_policies")),
    )
    op.create_table(
        "rich_menus",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("line_id", sa.String(length=64), nullable=True),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rich_menus")),
        sa.UniqueConstraint("line_id", name=op.f("uq_rich_menus_line_id")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_failures_subject"), ["subject"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("sees_protected", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_email")),
    )
    op.create_table(
        "stock_texts",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(length=100), nullable=False),
        sa.Column("review", sa.String(length=16), nullable=False),
        sa.Column("reviewed_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", "language", name=op.f("pk_stock_texts")),
    )
    op.create_table(
        "text_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(length=100), nullable=False),
        sa.Column("review", sa.String(length=16), nullable=False),
        sa.Column("reviewed_by", sa.String(length=200), nullable=True),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_versions")),
    )
    with op.batch_alter_table("text_versions", schema=None) as batch_op:
        batch_op.create_index("ix_text_versions_text", ["kind", "key", "language"], unique=False)

    op.create_table(
        "transitions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column(
            "subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transitions")),
    )
    with op.batch_alter_table("transitions", schema=None) as batch_op:
        batch_op.create_index("ix_transitions_subject", ["subject", "subject_id"], unique=False)

    op.create_table(
        "translations",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_translations")),
    )
    with op.batch_alter_table("translations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_translations_made_at"), ["made_at"], unique=False)

    op.create_table(
        "webhook_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("webhook_event_id", sa.String(length=64), nullable=False),
        sa.Column("chat", sa.String(length=64), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_events")),
        sa.UniqueConstraint("webhook_event_id", name=op.f("uq_webhook_events_webhook_event_id")),
    )
    with op.batch_alter_table("webhook_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_webhook_events_failed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        )
        batch_op.create_index(
            "ix_webhook_events_in_order",
            ["urgent", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )
        batch_op.create_index("ix_webhook_events_received_at", ["received_at"], unique=False)
        batch_op.create_index(
            "ix_webhook_events_waiting",
            ["urgent", "chat", "occurred_at"],
            unique=False,
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )

    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column(
            "subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mark", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taker_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["taker_id"], ["staff.id"], name=op.f("fk_alarms_taker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alarms_live",
            ["kind", "subject_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'ended'"),
            postgresql_where=sa.text("state <> 'ended'"),
        )
        batch_op.create_index("ix_alarms_subject", ["kind", "subject_id"], unique=False)

    op.create_table(
        "broadcasts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("template_id", sa.String(length=32), nullable=False),
        sa.Column("blanks", sa.JSON(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("area_ids", sa.JSON(), nullable=False),
        sa.Column("issuer", sa.String(length=100), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_number", sa.String(length=100), nullable=False),
        sa.Column(
            "references_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form_key", sa.String(length=36), nullable=True),
        sa.Column("relays_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("relay_only", sa.Boolean(), nullable=False),
        sa.Column("asks_safety", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_broadcasts_author_id")),
        sa.ForeignKeyConstraint(
            ["references_id"], ["broadcasts.id"], name=op.f("fk_broadcasts_references_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("form_key", name=op.f("uq_broadcasts_form_key")),
        sa.UniqueConstraint("number", name=op.f("uq_broadcasts_number")),
    )
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_broadcasts_references_id"), ["references_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_broadcasts_relays_due_at"), ["relays_due_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_broadcasts_state"), ["state"], unique=False)

    op.create_table(
        "drill_plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("relay_only", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_drill_plans_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_plans")),
    )
    op.create_table(
        "network_groups",
        sa.Column("network_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.Column("line_id", sa.String(length=64), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_network_groups_network_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("network_id", name=op.f("pk_network_groups")),
        sa.UniqueConstraint("code", name=op.f("uq_network_groups_code")),
        sa.UniqueConstraint("line_id", name=op.f("uq_network_groups_line_id")),
    )
    op.create_table(
        "on_call",
        sa.Column("staff_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_on_call_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_on_call")),
    )
    op.create_table(
        "residents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_user_id", sa.String(length=64), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("languages_chosen", sa.Boolean(), nullable=False),
        sa.Column("following", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("areas_answered", sa.Boolean(), nullable=False),
        sa.Column("muted_categories", sa.JSON(), nullable=False),
        sa.Column("expecting", sa.JSON(), nullable=False),
        sa.Column("expecting_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("menu_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["menu_id"], ["rich_menus.id"], name=op.f("fk_residents_menu_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residents")),
        sa.UniqueConstraint("line_user_id", name=op.f("uq_residents_line_user_id")),
    )
    with op.batch_alter_table("residents", schema=None) as batch_op:
        batch_op.create_index(
            "ix_residents_menu_id_following", ["menu_id", "following"], unique=False
        )

    op.create_table(
        "rumours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_rumours_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rumours")),
    )
    with op.batch_alter_table("rumours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rumours_state"), ["state"], unique=False)

    op.create_table(
        "staff_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_changes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_changes")),
    )
    with op.batch_alter_table("staff_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_changes_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "staff_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_links_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_links")),
    )
    with op.batch_alter_table("staff_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_links_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_staff_sessions_staff_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
    )
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_sessions_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_acknowledgements_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_acknowledgements_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgements")),
        sa.UniqueConstraint(
            "broadcast_id",
            "resident_id",
            "kind",
            name=op.f("uq_acknowledgements_broadcast_id_resident_id_kind"),
        ),
    )
    with op.batch_alter_table("acknowledgements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_acknowledgements_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "alarm_calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alarm_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_calls_alarm_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_alarm_calls_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_calls")),
    )
    with op.batch_alter_table("alarm_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarm_calls_alarm_id"), ["alarm_id"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=True),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("writing_id", sa.Integer(), nullable=True),
        sa.Column("writing_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name=op.f("fk_cases_assignee_id")),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_cases_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_cases_resident_id")
        ),
        sa.ForeignKeyConstraint(["writing_id"], ["staff.id"], name=op.f("fk_cases_writing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_state"), ["state"], unique=False)

    op.create_table(
        "key_persons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("night_ok", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stay_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_key_persons_resident_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_persons")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_key_persons_code_hash")),
        sa.UniqueConstraint("resident_id", name=op.f("uq_key_persons_resident_id")),
    )
    op.create_table(
        "machine_texts",
        sa.Column(
            "broadcast_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("pieces", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(length=16), nullable=False),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcasts.id"],
            name=op.f("fk_machine_texts_broadcast_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "language", name=op.f("pk_machine_texts")),
    )
    op.create_table(
        "members",
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_members_network_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_members_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("network_id", "resident_id", name=op.f("pk_members")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_members_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "private_pages",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("topic_id", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_private_pages_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_private_pages")),
    )
    with op.batch_alter_table("private_pages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_private_pages_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "recipients",
        sa.Column(
            "broadcast_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "resident_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("languages", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_recipients_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_recipients_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "resident_id", name=op.f("pk_recipients")),
    )
    with op.batch_alter_table("recipients", schema=None) as batch_op:
        batch_op.create_index("ix_recipients_resident_id", ["resident_id"], unique=False)

    op.create_table(
        "relay_gaps",
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_relay_gaps_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_relay_gaps_network_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "network_id", name=op.f("pk_relay_gaps")),
    )
    op.create_table(
        "renditions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("review", sa.String(length=16), nullable=False),
        sa.Column("reviewed_by", sa.String(length=200), nullable=True),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_renditions_broadcast_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renditions")),
    )
    with op.batch_alter_table("renditions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_renditions_broadcast_id"), ["broadcast_id"], unique=False
        )

    op.create_table(
        "resident_areas",
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"], ["areas.id"], name=op.f("fk_resident_areas_area_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_resident_areas_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("resident_id", "area_id", name=op.f("pk_resident_areas")),
    )
    with op.batch_alter_table("resident_areas", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resident_areas_area_id"), ["area_id"], unique=False)

    op.create_table(
        "rumour_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rumour_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("japanese", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("english", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=500), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("network_ids", sa.JSON(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff.id"], name=op.f("fk_rumour_answers_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["rumour_id"], ["rumours.id"], name=op.f("fk_rumour_answers_rumour_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rumour_answers")),
    )
    with op.batch_alter_table("rumour_answers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rumour_answers_rumour_id"), ["rumour_id"], unique=False
        )
        batch_op.create_index(
            "uq_rumour_answers_in_force",
            ["rumour_id"],
            unique=True,
            sqlite_where=sa.text("state = 'in_force'"),
            postgresql_where=sa.text("state = 'in_force'"),
        )
        batch_op.create_index(
            "uq_rumour_answers_proposed",
            ["rumour_id"],
            unique=True,
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        )

    op.create_table(
        "safety_answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=8), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("where_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latitude", sa.Float(precision=53), nullable=True),
        sa.Column("longitude", sa.Float(precision=53), nullable=True),
        sa.Column("located_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_safety_answers_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_safety_answers_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_answers")),
        sa.UniqueConstraint(
            "broadcast_id", "resident_id", name=op.f("uq_safety_answers_broadcast_id_resident_id")
        ),
    )
    with op.batch_alter_table("safety_answers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_safety_answers_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "rendition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("retry_key", sa.String(length=36), nullable=False),
        sa.Column("reply_token", sa.String(length=100), nullable=True),
        sa.Column("reply_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=300), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_deliveries_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["rendition_id"], ["renditions.id"], name=op.f("fk_deliveries_rendition_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_deliveries_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("retry_key", name=op.f("uq_deliveries_retry_key")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deliveries_broadcast_id"), ["broadcast_id"], unique=False
        )
        batch_op.create_index(
            "ix_deliveries_in_order",
            ["urgent", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
            postgresql_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
        )
        batch_op.create_index("ix_deliveries_state", ["state"], unique=False)
        batch_op.create_index(
            "ix_deliveries_waiting",
            ["urgent", "resident_id", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
            postgresql_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
        )

    op.create_table(
        "posts",
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("key_person_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("on_days", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_person_id"],
            ["key_persons.id"],
            name=op.f("fk_posts_key_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_posts_network_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("network_id", "key_person_id", name=op.f("pk_posts")),
    )
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posts_key_person_id"), ["key_person_id"], unique=False)

    op.create_table(
        "group_cards",
        sa.Column(
            "broadcast_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("network_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_group_cards_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_group_cards_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_group_cards_network_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "network_id", name=op.f("pk_group_cards")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=16), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("japanese", sa.Text(), nullable=True),
        sa.Column("sealed_japanese", sa.LargeBinary(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=True),
        sa.Column("once", sa.String(length=36), nullable=True),
        sa.Column("translate_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("line_message_id", sa.String(length=64), nullable=True),
        sa.Column("unsent", sa.Boolean(), nullable=False),
        sa.Column("topic_id", sa.String(length=64), nullable=True),
        sa.Column("helpful", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id")),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_messages_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_messages_resident_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_messages_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("once", name=op.f("uq_messages_once")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_messages_line_message_id"), ["line_message_id"], unique=False
        )
        batch_op.create_index("ix_messages_resident_id_id", ["resident_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_messages_translate_at"), ["translate_at"], unique=False
        )

    op.create_table(
        "relays",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("key_person_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached", sa.Integer(), nullable=True),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("draft_origin", sa.String(length=16), nullable=True),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_relays_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_relays_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["key_person_id"], ["key_persons.id"], name=op.f("fk_relays_key_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["network_id"], ["networks.id"], name=op.f("fk_relays_network_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relays")),
        sa.UniqueConstraint(
            "broadcast_id",
            "network_id",
            "key_person_id",
            name=op.f("uq_relays_broadcast_id_network_id_key_person_id"),
        ),
    )
    with op.batch_alter_table("relays", schema=None) as batch_op:
        batch_op.create_index("ix_relays_key_person_id", ["key_person_id"], unique=False)
        batch_op.create_index(
            "uq_relays_taken",
            ["broadcast_id", "network_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('accepted', 'relayed')"),
            postgresql_where=sa.text("state IN ('accepted', 'relayed')"),
        )

    op.create_table(
        "rumour_tellings",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("as_key_person", sa.Boolean(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["rumour_answers.id"], name=op.f("fk_rumour_tellings_answer_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_rumour_tellings_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_rumour_tellings_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("answer_id", "resident_id", name=op.f("pk_rumour_tellings")),
    )
    with op.batch_alter_table("rumour_tellings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rumour_tellings_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_rumour_tellings_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "sendings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "rendition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_sendings_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_sendings_delivery_id")
        ),
        sa.ForeignKeyConstraint(
            ["rendition_id"], ["renditions.id"], name=op.f("fk_sendings_rendition_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_sendings_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sendings")),
        sa.UniqueConstraint(
            "rendition_id", "resident_id", name=op.f("uq_sendings_rendition_id_resident_id")
        ),
    )
    with op.batch_alter_table("sendings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sendings_broadcast_id_resident_id", ["broadcast_id", "resident_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sendings_delivery_id"), ["delivery_id"], unique=False)
        batch_op.create_index("ix_sendings_resident_id", ["resident_id"], unique=False)

    op.create_table(
        "community_questions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("key_person_id", sa.Integer(), nullable=False),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_community_questions_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_community_questions_delivery_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["key_person_id"], ["key_persons.id"], name=op.f("fk_community_questions_key_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_community_questions_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_community_questions_network_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_community_questions_resident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_questions")),
    )
    with op.batch_alter_table("community_questions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_community_questions_key_person_id", ["key_person_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_community_questions_message_id"), ["message_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_community_questions_resident_id"), ["resident_id"], unique=False
        )
        batch_op.create_index(
            "ix_community_questions_waiting",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )
        batch_op.create_index(
            "uq_community_questions_asked",
            ["resident_id", "network_id"],
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )

    op.create_table(
        "rumour_questions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "resident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("rumour_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("fold", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_rumour_questions_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["residents.id"],
            name=op.f("fk_rumour_questions_resident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rumour_id"], ["rumours.id"], name=op.f("fk_rumour_questions_rumour_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rumour_questions")),
        sa.UniqueConstraint("message_id", name=op.f("uq_rumour_questions_message_id")),
    )
    with op.batch_alter_table("rumour_questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rumour_questions_fold"), ["fold"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_rumour_questions_resident_id"), ["resident_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rumour_questions_rumour_id"), ["rumour_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_rumour_questions_state"), ["state"], unique=False)

    op.create_table(
        "sounds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("relay_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "rendition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_sounds_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["relay_id"], ["relays.id"], name=op.f("fk_sounds_relay_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rendition_id"], ["renditions.id"], name=op.f("fk_sounds_rendition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sounds")),
        sa.UniqueConstraint("message_id", name=op.f("uq_sounds_message_id")),
    )
    with op.batch_alter_table("sounds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sounds_broadcast_id_language", ["broadcast_id", "language"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sounds_relay_id"), ["relay_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sounds_state"), ["state"], unique=False)

    op.create_table(
        "text_claims",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "broadcast_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("relay_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("japanese", sa.Text(), nullable=True),
        sa.Column(
            "rendition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_text_claims_broadcast_id")
        ),
        sa.ForeignKeyConstraint(
            ["relay_id"], ["relays.id"], name=op.f("fk_text_claims_relay_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rendition_id"], ["renditions.id"], name=op.f("fk_text_claims_rendition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_claims")),
    )
    with op.batch_alter_table("text_claims", schema=None) as batch_op:
        batch_op.create_index(
            "ix_text_claims_broadcast_id_language", ["broadcast_id", "language"], unique=False
        )
        batch_op.create_index(
            "uq_text_claims_open",
            ["broadcast_id", "language"],
            unique=True,
            sqlite_where=sa.text("state IN ('held', 'submitted')"),
            postgresql_where=sa.text("state IN ('held', 'submitted')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("text_claims", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_text_claims_open",
            sqlite_where=sa.text("state IN ('held', 'submitted')"),
            postgresql_where=sa.text("state IN ('held', 'submitted')"),
        )
        batch_op.drop_index("ix_text_claims_broadcast_id_language")

    op.drop_table("text_claims")
    with op.batch_alter_table("sounds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sounds_state"))
        batch_op.drop_index(batch_op.f("ix_sounds_relay_id"))
        batch_op.drop_index("ix_sounds_broadcast_id_language")

    op.drop_table("sounds")
    with op.batch_alter_table("rumour_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rumour_questions_state"))
        batch_op.drop_index(batch_op.f("ix_rumour_questions_rumour_id"))
        batch_op.drop_index(batch_op.f("ix_rumour_questions_resident_id"))
        batch_op.drop_index(batch_op.f("ix_rumour_questions_fold"))

    op.drop_table("rumour_questions")
    with op.batch_alter_table("community_questions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_community_questions_asked",
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )
        batch_op.drop_index(
            "ix_community_questions_waiting",
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        )
        batch_op.drop_index(batch_op.f("ix_community_questions_resident_id"))
        batch_op.drop_index(batch_op.f("ix_community_questions_message_id"))
        batch_op.drop_index("ix_community_questions_key_person_id")

    op.drop_table("community_questions")
    with op.batch_alter_table("sendings", schema=None) as batch_op:
        batch_op.drop_index("ix_sendings_resident_id")
        batch_op.drop_index(batch_op.f("ix_sendings_delivery_id"))
        batch_op.drop_index("ix_sendings_broadcast_id_resident_id")

    op.drop_table("sendings")
    with op.batch_alter_table("rumour_tellings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rumour_tellings_resident_id"))
        batch_op.drop_index(
            "ix_rumour_tellings_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("rumour_tellings")
    with op.batch_alter_table("relays", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_relays_taken",
            sqlite_where=sa.text("state IN ('accepted', 'relayed')"),
            postgresql_where=sa.text("state IN ('accepted', 'relayed')"),
        )
        batch_op.drop_index("ix_relays_key_person_id")

    op.drop_table("relays")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_translate_at"))
        batch_op.drop_index("ix_messages_resident_id_id")
        batch_op.drop_index(batch_op.f("ix_messages_line_message_id"))
        batch_op.drop_index(batch_op.f("ix_messages_delivery_id"))
        batch_op.drop_index(batch_op.f("ix_messages_case_id"))
        batch_op.drop_index(batch_op.f("ix_messages_at"))

    op.drop_table("messages")
    op.drop_table("group_cards")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posts_key_person_id"))

    op.drop_table("posts")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_deliveries_waiting",
            sqlite_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
            postgresql_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
        )
        batch_op.drop_index("ix_deliveries_state")
        batch_op.drop_index(
            "ix_deliveries_in_order",
            sqlite_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
            postgresql_where=sa.text("state IN ('queued', 'sending', 'unclear')"),
        )
        batch_op.drop_index(batch_op.f("ix_deliveries_broadcast_id"))

    op.drop_table("deliveries")
    with op.batch_alter_table("safety_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_safety_answers_resident_id"))

    op.drop_table("safety_answers")
    with op.batch_alter_table("rumour_answers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_rumour_answers_proposed",
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        )
        batch_op.drop_index(
            "uq_rumour_answers_in_force",
            sqlite_where=sa.text("state = 'in_force'"),
            postgresql_where=sa.text("state = 'in_force'"),
        )
        batch_op.drop_index(batch_op.f("ix_rumour_answers_rumour_id"))

    op.drop_table("rumour_answers")
    with op.batch_alter_table("resident_areas", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resident_areas_area_id"))

    op.drop_table("resident_areas")
    with op.batch_alter_table("renditions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_renditions_broadcast_id"))

    op.drop_table("renditions")
    op.drop_table("relay_gaps")
    with op.batch_alter_table("recipients", schema=None) as batch_op:
        batch_op.drop_index("ix_recipients_resident_id")

    op.drop_table("recipients")
    with op.batch_alter_table("private_pages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_private_pages_resident_id"))

    op.drop_table("private_pages")
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_members_resident_id"))

    op.drop_table("members")
    op.drop_table("machine_texts")
    op.drop_table("key_persons")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_state"))
        batch_op.drop_index(batch_op.f("ix_cases_resident_id"))

    op.drop_table("cases")
    with op.batch_alter_table("alarm_calls", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alarm_calls_alarm_id"))

    op.drop_table("alarm_calls")
    with op.batch_alter_table("acknowledgements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acknowledgements_resident_id"))

    op.drop_table("acknowledgements")
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_sessions_staff_id"))

    op.drop_table("staff_sessions")
    with op.batch_alter_table("staff_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_links_staff_id"))

    op.drop_table("staff_links")
    with op.batch_alter_table("staff_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_changes_staff_id"))

    op.drop_table("staff_changes")
    with op.batch_alter_table("rumours", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rumours_state"))

    op.drop_table("rumours")
    with op.batch_alter_table("residents", schema=None) as batch_op:
        batch_op.drop_index("ix_residents_menu_id_following")

    op.drop_table("residents")
    op.drop_table("on_call")
    op.drop_table("network_groups")
    op.drop_table("drill_plans")
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_broadcasts_state"))
        batch_op.drop_index(batch_op.f("ix_broadcasts_relays_due_at"))
        batch_op.drop_index(batch_op.f("ix_broadcasts_references_id"))

    op.drop_table("broadcasts")
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index("ix_alarms_subject")
        batch_op.drop_index(
            "ix_alarms_live",
            sqlite_where=sa.text("state <> 'ended'"),
            postgresql_where=sa.text("state <> 'ended'"),
        )

    op.drop_table("alarms")
    with op.batch_alter_table("webhook_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_webhook_events_waiting",
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )
        batch_op.drop_index("ix_webhook_events_received_at")
        batch_op.drop_index(
            "ix_webhook_events_in_order",
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )
        batch_op.drop_index(
            "ix_webhook_events_failed",
            sqlite_where=sa.text("state = 'failed'"),
            postgresql_where=sa.text("state = 'failed'"),
        )

    op.drop_table("webhook_events")
    with op.batch_alter_table("translations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_translations_made_at"))

    op.drop_table("translations")
    with op.batch_alter_table("transitions", schema=None) as batch_op:
        batch_op.drop_index("ix_transitions_subject")

    op.drop_table("transitions")
    with op.batch_alter_table("text_versions", schema=None) as batch_op:
        batch_op.drop_index("ix_text_versions_text")

    op.drop_table("text_versions")
    op.drop_table("stock_texts")
    op.drop_table("staff")
    with op.batch_alter_table("sign_in_failures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_failures_subject"))

    op.drop_table("sign_in_failures")
    op.drop_table("rich_menus")
    op.drop_table("policies")
    op.drop_table("networks")
    op.drop_table("learned")
    op.drop_table("language_aims")
    op.drop_table("evacuation_sites")
    op.drop_table("clock_offsets")
    with op.batch_alter_table("city_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_city_changes_what"))

    op.drop_table("city_changes")
    op.drop_table("cities")
    op.drop_table("chores")
    op.drop_table("care_policies")
    op.drop_table("areas")
