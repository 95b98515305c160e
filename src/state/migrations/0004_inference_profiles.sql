-- Inference profiles that accounts made, and tags of their resources.
CREATE TABLE inference_profiles (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  profile_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  source TEXT NOT NULL,
  model_id TEXT NOT NULL,
  client_token TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, profile_id)
);

CREATE TABLE resource_tags (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  resource_arn TEXT NOT NULL,
  tag_key TEXT NOT NULL,
  tag_value TEXT NOT NULL,
  PRIMARY KEY (account, region, resource_arn, tag_key)
);

INSERT INTO revisions (topic, revision) VALUES ('inference_profiles', 0);
