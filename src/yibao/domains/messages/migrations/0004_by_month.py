import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

# Messages with their answers, and notes of reading, are kept in one table a month (Beijing time), so that an old month
# can be moved away. PostgreSQL cannot keep (institution, msgid) unique across months: the numbers stand in a narrow table
# of their own, which is never cut. It has no index by message_id: nobody asks for the number of a message.

FUNCTIONS = """
CREATE FUNCTION yibao_make_month(parent text, moment_column text, moment timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  first_day timestamp := date_trunc('month', moment AT TIME ZONE 'Asia/Shanghai');
  from_at timestamptz := first_day AT TIME ZONE 'Asia/Shanghai';
  until_at timestamptz := (first_day + interval '1 month') AT TIME ZONE 'Asia/Shanghai';
  month text := parent || '_' || to_char(first_day, 'YYYYMM');
  others text := parent || '_others';
  strays bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('yibao months'));
  IF to_regclass(month) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  -- Made aside and attached: whoever writes other months meanwhile is not kept waiting.
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING STORAGE)', month, parent);
  IF parent = 'message_store_message' THEN
    -- A message of usual size stays in its row: neither squeezed nor moved aside when it is written.
    EXECUTE format('ALTER TABLE %I SET (toast_tuple_target = 8160)', month);
  END IF;
  EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', others);
  EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE %I >= %L AND %I < %L',
                 month, others, moment_column, from_at, moment_column, until_at);
  GET DIAGNOSTICS strays = ROW_COUNT;
  IF strays > 0 THEN  -- they came before their month was made
    EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', others);
    EXECUTE format('DELETE FROM %I WHERE %I >= %L AND %I < %L', others, moment_column, from_at, moment_column, until_at);
    EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', others);
  END IF;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, month, from_at, until_at);
  RETURN month;
END $$;
"""

MESSAGES = """
ALTER TABLE message_store_message RENAME TO message_store_message_before;
ALTER TABLE message_store_message_before DROP CONSTRAINT message_number_is_used_once, ALTER id DROP IDENTITY;
CREATE SEQUENCE message_store_message_id_seq AS bigint;
CREATE TABLE message_store_message (
  id bigint NOT NULL DEFAULT nextval('message_store_message_id_seq'),
  institution_id bigint NOT NULL,
  msgid varchar(30) NOT NULL,
  infno varchar(6) NOT NULL,
  state varchar(8) NOT NULL,
  digest bytea NOT NULL,
  body bytea NOT NULL,
  answer bytea NOT NULL,
  person_id bigint,
  subject_id bigint,
  received_at timestamptz NOT NULL
) PARTITION BY RANGE (received_at);
ALTER SEQUENCE message_store_message_id_seq OWNED BY message_store_message.id;
CREATE TABLE message_store_message_others PARTITION OF message_store_message DEFAULT;
ALTER TABLE message_store_message_others SET (toast_tuple_target = 8160);
INSERT INTO message_store_message (id, institution_id, msgid, infno, state, digest, body, answer, person_id, subject_id,
                                   received_at)
  SELECT id, institution_id, msgid, infno, state, digest, body, answer, person_id, subject_id, received_at
  FROM message_store_message_before;
ALTER TABLE message_store_message ADD CONSTRAINT message_store_message_key PRIMARY KEY (id, received_at);
INSERT INTO message_store_messagenumber (message_id, institution_id, person_id, received_at, msgid)
  SELECT id, institution_id, person_id, received_at, msgid FROM message_store_message_before ORDER BY id;
SELECT setval('message_store_message_id_seq', GREATEST((SELECT max(id) FROM message_store_message_before), 1),
              EXISTS (SELECT FROM message_store_message_before));
DROP TABLE message_store_message_before;
CREATE TRIGGER only_reversed BEFORE UPDATE OR DELETE ON message_store_message
FOR EACH ROW EXECUTE FUNCTION yibao_message_only_reversed();
"""

READINGS = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE message_store_recordread RENAME TO message_store_recordread_before;
ALTER TABLE message_store_recordread_before ALTER id DROP IDENTITY;
CREATE SEQUENCE message_store_recordread_id_seq AS bigint;
CREATE TABLE message_store_recordread (
  id bigint NOT NULL DEFAULT nextval('message_store_recordread_id_seq'),
  institution_id bigint NOT NULL,
  person_id bigint NOT NULL,
  infno varchar(6) NOT NULL,
  operator varchar(30) NOT NULL,
  read_at timestamptz NOT NULL
) PARTITION BY RANGE (read_at);
ALTER SEQUENCE message_store_recordread_id_seq OWNED BY message_store_recordread.id;
CREATE TABLE message_store_recordread_others PARTITION OF message_store_recordread DEFAULT;
INSERT INTO message_store_recordread (id, institution_id, person_id, infno, operator, read_at)
  SELECT id, institution_id, person_id, infno, operator, read_at FROM message_store_recordread_before;
SELECT setval('message_store_recordread_id_seq', GREATEST((SELECT max(id) FROM message_store_recordread_before), 1),
              EXISTS (SELECT FROM message_store_recordread_before));
DROP TABLE message_store_recordread_before;
ALTER TABLE message_store_recordread
  ADD CONSTRAINT message_store_recordread_key PRIMARY KEY (id, read_at),
  ADD CONSTRAINT record_read_names_an_institution FOREIGN KEY (institution_id) REFERENCES institutions_institution
    DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT record_read_names_a_person FOREIGN KEY (person_id) REFERENCES people_person
    DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX record_read_by_person ON message_store_recordread (person_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON message_store_recordread
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
"""

MONTHS = """
DO $$
DECLARE
  at timestamptz;
  of_messages timestamptz[] := ARRAY(
    SELECT DISTINCT date_trunc('month', received_at AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
    FROM message_store_message_others);
  of_readings timestamptz[] := ARRAY(
    SELECT DISTINCT date_trunc('month', read_at AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'
    FROM message_store_recordread_others);
BEGIN
  FOREACH at IN ARRAY of_messages LOOP
    PERFORM yibao_make_month('message_store_message', 'received_at', at);
  END LOOP;
  FOREACH at IN ARRAY of_readings LOOP
    PERFORM yibao_make_month('message_store_recordread', 'read_at', at);
  END LOOP;
END $$;
"""

BACK = """
SET CONSTRAINTS ALL IMMEDIATE;
CREATE TABLE message_store_message_plain (LIKE message_store_message);
INSERT INTO message_store_message_plain SELECT * FROM message_store_message;
DROP TABLE message_store_message;
ALTER TABLE message_store_message_plain RENAME TO message_store_message;
ALTER TABLE message_store_message ADD PRIMARY KEY (id), ALTER id ADD GENERATED BY DEFAULT AS IDENTITY,
  ADD CONSTRAINT message_number_is_used_once UNIQUE (institution_id, msgid), SET (toast_tuple_target = 8160);
SELECT setval(pg_get_serial_sequence('message_store_message', 'id'), GREATEST(max(id), 1), count(*) > 0) FROM message_store_message;
CREATE TRIGGER only_reversed BEFORE UPDATE OR DELETE ON message_store_message
FOR EACH ROW EXECUTE FUNCTION yibao_message_only_reversed();
CREATE TABLE message_store_recordread_plain (LIKE message_store_recordread);
INSERT INTO message_store_recordread_plain SELECT * FROM message_store_recordread;
DROP TABLE message_store_recordread;
ALTER TABLE message_store_recordread_plain RENAME TO message_store_recordread;
ALTER TABLE message_store_recordread ADD PRIMARY KEY (id), ALTER id ADD GENERATED BY DEFAULT AS IDENTITY,
  ADD CONSTRAINT record_read_names_an_institution FOREIGN KEY (institution_id) REFERENCES institutions_institution
    DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT record_read_names_a_person FOREIGN KEY (person_id) REFERENCES people_person
    DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX record_read_by_person ON message_store_recordread (person_id);
SELECT setval(pg_get_serial_sequence('message_store_recordread', 'id'), GREATEST(max(id), 1), count(*) > 0) FROM message_store_recordread;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON message_store_recordread
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
DROP FUNCTION yibao_make_month(text, text, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("message_store", "0003_no_lock_on_institutions")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="message", name="message_number_is_used_once"),
                migrations.CreateModel(
                    name="MessageNumber",
                    fields=[
                        ("message", models.OneToOneField(
                            db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                            related_name="number", serialize=False, to="message_store.message", verbose_name="message")),
                        ("institution", models.ForeignKey(
                            db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT,
                            to="institutions.institution", verbose_name="institution")),
                        ("person", models.ForeignKey(
                            db_constraint=False, db_index=False, null=True,
                            on_delete=django.db.models.deletion.PROTECT, to="people.person", verbose_name="person")),
                        ("received_at", models.DateTimeField(verbose_name="received at")),
                        ("msgid", models.CharField(max_length=30, verbose_name="message number")),
                    ],
                    options={"verbose_name": "message number", "verbose_name_plural": "message numbers"},
                ),
                migrations.AddConstraint(
                    model_name="messagenumber",
                    constraint=models.UniqueConstraint(
                        fields=["msgid", "institution"], name="message_number_is_used_once"
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(sql=FUNCTIONS, reverse_sql=BACK),
                migrations.RunSQL(
                    sql="""
CREATE TABLE message_store_messagenumber (
  message_id bigint NOT NULL,
  institution_id bigint NOT NULL,
  person_id bigint,
  received_at timestamptz NOT NULL,
  msgid varchar(30) NOT NULL
);
""",
                    reverse_sql="DROP TABLE message_store_messagenumber;",
                ),
                migrations.RunSQL(sql=MESSAGES, reverse_sql=migrations.RunSQL.noop),
                migrations.RunSQL(
                    sql="""
ALTER TABLE message_store_messagenumber ADD CONSTRAINT message_number_is_used_once UNIQUE (msgid, institution_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON message_store_messagenumber
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON message_store_messagenumber
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
                    reverse_sql="""
ALTER TABLE message_store_messagenumber DROP CONSTRAINT message_number_is_used_once;
""",
                ),
                migrations.RunSQL(sql=READINGS, reverse_sql=migrations.RunSQL.noop),
                migrations.RunSQL(sql=MONTHS, reverse_sql=migrations.RunSQL.noop),
            ],
        ),
        migrations.CreateModel(
            name="MessageRate",
            fields=[
                ("institution", models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="message_rate",
                    serialize=False, to="institutions.institution", verbose_name="institution")),
                ("per_second", models.PositiveIntegerField(verbose_name="messages a second")),
                ("burst", models.PositiveIntegerField(verbose_name="messages at once")),
                ("reason", models.CharField(max_length=200, verbose_name="reason")),
            ],
            options={
                "verbose_name": "message rate",
                "verbose_name_plural": "message rates",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(per_second__gte=1) & Q(burst__gte=1), name="message_rate_lets_something_in"
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            sql="""
CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON message_store_messagerate
FOR EACH ROW EXECUTE FUNCTION yibao_record_change();
""",
            reverse_sql="DROP TRIGGER history ON message_store_messagerate;",
        ),
    ]
