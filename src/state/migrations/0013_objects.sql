-- Buckets and their objects (S3). The bytes lie in files of the data folder; which of them belong
-- to what stands here alone: a file that no segment names is nobody's.
CREATE TABLE object_buckets (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  bucket TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  versioning TEXT NOT NULL, -- "" (never), Enabled or Suspended
  PRIMARY KEY (bucket)
);
CREATE INDEX object_buckets_of_accounts ON object_buckets (account, region, bucket);

-- What was said of a bucket: its policy, tags, lifecycle and so on, each a document.
CREATE TABLE object_bucket_settings (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  bucket TEXT NOT NULL,
  setting TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (bucket, setting)
);

-- One row for each version of an object and each delete marker.
CREATE TABLE object_versions (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  bucket TEXT NOT NULL,
  object_key TEXT NOT NULL,
  version_order BIGINT NOT NULL, -- of the versions of one key, the later the larger
  version_id TEXT NOT NULL,      -- "null" for what was put without versions
  latest INTEGER NOT NULL,       -- 1 for the version that the key alone names
  delete_marker INTEGER NOT NULL,
  content_id TEXT NOT NULL, -- whose segments are its content
  size_bytes BIGINT NOT NULL,
  etag TEXT NOT NULL, -- without quotation marks
  modified_at_ms BIGINT NOT NULL,
  attributes TEXT NOT NULL, -- JSON: headers, metadata
  tags TEXT NOT NULL,       -- JSON
  checksum_algorithm TEXT NOT NULL,
  checksum_type TEXT NOT NULL,
  checksum TEXT NOT NULL,
  parts INTEGER NOT NULL, -- of a multipart upload; 0: put whole
  encryption TEXT NOT NULL,
  kms_key TEXT NOT NULL,
  PRIMARY KEY (bucket, object_key, version_order)
);
CREATE UNIQUE INDEX object_versions_latest ON object_versions (bucket, object_key) WHERE latest = 1;
CREATE INDEX object_versions_content ON object_versions (content_id);

-- Multipart uploads that are neither complete nor aborted.
CREATE TABLE object_uploads (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  bucket TEXT NOT NULL,
  object_key TEXT NOT NULL,
  upload_id TEXT NOT NULL, -- the content_id of the object that it becomes
  started_at_ms BIGINT NOT NULL,
  attributes TEXT NOT NULL,
  tags TEXT NOT NULL,
  checksum_algorithm TEXT NOT NULL,
  checksum_type TEXT NOT NULL,
  encryption TEXT NOT NULL,
  kms_key TEXT NOT NULL,
  PRIMARY KEY (upload_id)
);
CREATE INDEX object_uploads_of_buckets ON object_uploads (bucket, object_key, upload_id);

-- Parts of uploads, and of the objects that they became.
CREATE TABLE object_parts (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  content_id TEXT NOT NULL,
  part_number INTEGER NOT NULL,
  size_bytes BIGINT NOT NULL,
  etag TEXT NOT NULL,
  checksum TEXT NOT NULL,
  modified_at_ms BIGINT NOT NULL,
  PRIMARY KEY (content_id, part_number)
);

-- Content is the bytes of its segments one behind the other. Several may name one blob.
CREATE TABLE object_segments (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  content_id TEXT NOT NULL,
  part_number INTEGER NOT NULL,
  place INTEGER NOT NULL, -- within the part
  blob TEXT NOT NULL,
  blob_offset BIGINT NOT NULL,
  size_bytes BIGINT NOT NULL,
  PRIMARY KEY (content_id, part_number, place)
);
CREATE INDEX object_segments_blobs ON object_segments (blob);
