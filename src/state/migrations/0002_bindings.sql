-- What users bound to models of the catalog: an id or a pattern, and what answers for it.
CREATE TABLE bindings (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  pattern TEXT NOT NULL,
  kind TEXT NOT NULL,
  location TEXT NOT NULL,
  upstream_model TEXT NOT NULL,
  api_key_variable TEXT NOT NULL,
  embeddings INTEGER NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, pattern)
);

INSERT INTO revisions (topic, revision) VALUES ('bindings', 0);
