-- Responses that callers of the OpenAI API let the server keep, with the conversation up to them.
CREATE TABLE stored_responses (
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  response_id TEXT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  bytes BIGINT NOT NULL,  -- of the texts behind it
  response TEXT NOT NULL,
  items TEXT NOT NULL,
  PRIMARY KEY (account, region, response_id)
);

CREATE INDEX stored_responses_by_age ON stored_responses (created_at_ms);
