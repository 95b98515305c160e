-- Endpoints that accounts made or registered: names of servers and models, used as models.
CREATE TABLE model_endpoints (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  url TEXT NOT NULL,
  model TEXT NOT NULL,
  config TEXT NOT NULL,
  registered INTEGER NOT NULL,
  compatible INTEGER NOT NULL,
  message TEXT NOT NULL,
  client_token TEXT NOT NULL,
  update_token TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, name)
);

INSERT INTO revisions (topic, revision) VALUES ('model_endpoints', 0);
