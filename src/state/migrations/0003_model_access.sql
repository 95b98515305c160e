-- What an account said it wants with models, and the agreements it made for single models.
CREATE TABLE use_cases (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  form TEXT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region)
);

CREATE TABLE model_agreements (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  model_id TEXT NOT NULL,
  offer_token TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, model_id)
);

INSERT INTO revisions (topic, revision) VALUES ('model_agreements', 0);
