-- The models that users added, and a counter for each topic that grows with every change, so that
-- another process notices a change without reading the rows.
CREATE TABLE revisions (
  topic TEXT NOT NULL PRIMARY KEY,
  revision BIGINT NOT NULL
);

CREATE TABLE added_models (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  model_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  location TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  api_key_variable TEXT NOT NULL,
  details TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, model_id)
);

INSERT INTO revisions (topic, revision) VALUES ('added_models', 0);
