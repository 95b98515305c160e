-- Prompt routers that accounts made. `models` is a JSON array of ARNs.
CREATE TABLE prompt_routers (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  router_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  models TEXT NOT NULL,
  fallback_model TEXT NOT NULL,
  quality_difference DOUBLE PRECISION NOT NULL,
  client_token TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, router_id),
  UNIQUE (account, region, name)
);

INSERT INTO revisions (topic, revision) VALUES ('prompt_routers', 0);
