-- What was used of each model, by a name of its own and by each application inference profile.
CREATE TABLE model_usage (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  model_id TEXT NOT NULL,
  profile_arn TEXT NOT NULL,
  answers BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  priced INTEGER NOT NULL,
  cost_picodollars BIGINT NOT NULL,
  price_as_of TEXT NOT NULL,
  PRIMARY KEY (account, region, model_id, profile_arn)
);
