from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial"), ("reference", "0002_integrity")]
    operations = [
        migrations.RunSQL(
            sql="""
ALTER TABLE files_content ADD CONSTRAINT content_has_its_size CHECK (data IS NULL OR octet_length(data) = size_bytes);
ALTER TABLE files_content ADD CONSTRAINT content_digest_is_sm3 CHECK (octet_length(digest) = 32);
-- Files are packed already: trying to pack them again costs time and saves nothing.
ALTER TABLE files_content ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE FUNCTION yibao_content_only_dropped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.id <> OLD.id OR NEW.digest <> OLD.digest OR NEW.size_bytes <> OLD.size_bytes
     OR (OLD.data IS NOT NULL AND NEW.data IS NOT NULL AND NEW.data <> OLD.data) THEN
    RAISE EXCEPTION 'content % stays as it was sent; only its bytes may be dropped', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_dropped BEFORE UPDATE OR DELETE ON files_content
FOR EACH ROW EXECUTE FUNCTION yibao_content_only_dropped();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON files_content
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON files_file
FOR EACH ROW EXECUTE FUNCTION yibao_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON files_file
FOR EACH STATEMENT EXECUTE FUNCTION yibao_refuse_truncate();
""",
            reverse_sql="""
DROP TRIGGER never_emptied ON files_file; DROP TRIGGER append_only ON files_file;
DROP TRIGGER never_emptied ON files_content; DROP TRIGGER only_dropped ON files_content;
DROP FUNCTION yibao_content_only_dropped();
ALTER TABLE files_content DROP CONSTRAINT content_digest_is_sm3;
ALTER TABLE files_content DROP CONSTRAINT content_has_its_size;
""",
        ),
    ]
