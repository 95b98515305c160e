// Runs one task with the AWS SDK for JavaScript as it comes, HTTP/2 handler and all, and prints what
// it saw as one JSON object. Address and keys are in the environment, as `bedplate env` gives them.
//
//   node client.mjs TASK MODEL

import { BedrockClient, ListFoundationModelsCommand } from "@aws-sdk/client-bedrock";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithBidirectionalStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";

const [task, modelId] = process.argv.slice(2);
const client = new BedrockRuntimeClient({ maxAttempts: 1 });
const messages = [{ role: "user", content: [{ text: "Which planet is called the red planet?" }] }];
const inferenceConfig = { maxTokens: 24, temperature: 0 };
const body = JSON.stringify({
  messages: [{ role: "user", content: "Which planet is called the red planet?" }],
  max_tokens: 24,
  temperature: 0,
});

const deltas = async (stream) => {
  const texts = [];
  const names = [];
  for await (const event of stream) {
    names.push(Object.keys(event)[0]);
    if (event.contentBlockDelta) texts.push(event.contentBlockDelta.delta.text);
  }
  return { texts, names };
};

// Events that are sent when `send` is called, as a program does that waits for a person.
const outbox = () => {
  const waiting = [];
  let wake = () => {};
  let ended = false;
  return {
    send(...events) {
      for (const event of events) {
        waiting.push({ chunk: { bytes: new TextEncoder().encode(JSON.stringify({ event })) } });
      }
      wake();
    },
    end() { ended = true; wake(); },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (waiting.length) yield waiting.shift();
        if (ended) return;
        await new Promise((resolve) => { wake = resolve; });
      }
    },
  };
};

const promptName = "prompt-1";
const textType = { mediaType: "text/plain" };
const textContent = (contentName, role, content, interactive) => [
  { contentStart: { promptName, contentName, type: "TEXT", role, interactive,
                    textInputConfiguration: textType } },
  { textInput: { promptName, contentName, content } },
  { contentEnd: { promptName, contentName } },
];

// Holds a conversation: `react` is told each event of the answer and sends what comes next.
const converseBothWays = async (prompt, first, react) => {
  const out = outbox();
  // The SDK gives the stream out when its first event is there: what leads to that goes first.
  out.send({ sessionStart: { inferenceConfiguration: { maxTokens: 24, temperature: 0 } } },
           { promptStart: { promptName, textOutputConfiguration: textType, ...prompt } },
           ...textContent("system", "SYSTEM", "You are a helpful assistant.", false),
           ...textContent("first", "USER", first, true));
  const { body: answer } = await client.send(
    new InvokeModelWithBidirectionalStreamCommand({ modelId, body: out }));
  const events = [];
  for await (const { chunk } of answer) {
    const { event } = JSON.parse(new TextDecoder().decode(chunk.bytes));
    events.push(event);
    react(event, out);
  }
  out.end();
  return events;
};

const sayGoodbye = (out) => {
  out.send({ promptEnd: { promptName } }, { sessionEnd: {} });
  out.end();
};

const tasks = {
  async conversation() {
    let turns = 0;
    return { events: await converseBothWays({}, "Which planet is called the red planet?",
      (event, out) => {
        if (!event.completionEnd) return;
        if (++turns === 2) return sayGoodbye(out);
        out.send(...textContent("second", "USER", "Say that once more.", true));
      }) };
  },
  async conversationWithTools() {
    const schema = { type: "object", properties: { town: { type: "string" } } };
    const prompt = {
      toolUseOutputConfiguration: { mediaType: "application/json" },
      toolConfiguration: { tools: [{ toolSpec: {
        name: "get_weather", description: "The weather of a town.",
        inputSchema: { json: JSON.stringify(schema) } } }] },
    };
    return { events: await converseBothWays(prompt, "Bern", (event, out) => {
      if (event.completionEnd) return sayGoodbye(out);
      if (!event.toolUse) return;
      const { toolUseId, content } = event.toolUse;
      const contentName = "result";
      out.send(
        { contentStart: { promptName, contentName, type: "TOOL", role: "TOOL", interactive: false,
                          toolResultInputConfiguration: {
                            toolUseId, type: "TEXT", textInputConfiguration: textType } } },
        { toolResult: { promptName, contentName,
                        content: `7 degrees in ${JSON.parse(content).town}` } },
        { contentEnd: { promptName, contentName } });
    }) };
  },
  async conversationWithSound() {
    return { events: await converseBothWays(
      { audioOutputConfiguration: { mediaType: "audio/lpcm" } }, "Hello", () => {}) };
  },
  async handler() {
    return { protocol: client.config.requestHandler.metadata.handlerProtocol };
  },
  async converse() {
    return client.send(new ConverseCommand({ modelId, messages, inferenceConfig }));
  },
  async converseStream() {
    const answer = await client.send(
      new ConverseStreamCommand({ modelId, messages, inferenceConfig }));
    return deltas(answer.stream);
  },
  // Ten conversations at the same time share one HTTP/2 connection.
  async converseTogether() {
    const one = async () => deltas((await client.send(
      new ConverseStreamCommand({ modelId, messages, inferenceConfig }))).stream);
    return Promise.all(Array.from({ length: 10 }, one));
  },
  async leaveEarly() {
    const answer = await client.send(new ConverseStreamCommand({
      modelId, messages, inferenceConfig: { maxTokens: 1800 } }));
    let seen = 0;
    for await (const event of answer.stream) {
      if (event.contentBlockDelta && ++seen === 3) break;
    }
    client.destroy();
    return { seen };
  },
  async invokeModel() {
    const answer = await client.send(new InvokeModelCommand({ modelId, body }));
    return JSON.parse(new TextDecoder().decode(answer.body));
  },
  async invokeModelStream() {
    const answer = await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body }));
    const chunks = [];
    for await (const event of answer.body) {
      chunks.push(JSON.parse(new TextDecoder().decode(event.chunk.bytes)));
    }
    return { chunks };
  },
  async countTokens() {
    return client.send(new CountTokensCommand({ modelId, input: { converse: { messages } } }));
  },
  async listModels() {
    const answer = await new BedrockClient({ maxAttempts: 1 }).send(
      new ListFoundationModelsCommand({}));
    return { ids: answer.modelSummaries.map((model) => model.modelId) };
  },
  async unknownModel() {
    return client.send(new ConverseCommand({ modelId: "nobody.nothing-v1:0", messages }));
  },
  async wrongRole() {
    return client.send(new ConverseStreamCommand({
      modelId, messages: [{ role: "assistant", content: [{ text: "Hello" }] }] }));
  },
};

try {
  console.log(JSON.stringify({ result: await tasks[task]() }));
} catch (error) {
  console.log(JSON.stringify({ error: {
    name: error.name,
    message: error.message,
    status: error.$metadata?.httpStatusCode,
    requestId: error.$metadata?.requestId,
  } }));
}
client.destroy();
