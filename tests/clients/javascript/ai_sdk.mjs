// Runs one task with the AI SDK's Bedrock provider, which signs and reads event streams by itself,
// and prints what it saw as one JSON object. Keys are in the environment, as `bedplate env` gives
// them; the provider wants the address said.
//
//   node ai_sdk.mjs TASK MODEL

import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { embedMany, generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const [task, modelId] = process.argv.slice(2);
const bedrock = createAmazonBedrock({ baseURL: process.env.AWS_ENDPOINT_URL });
const model = bedrock(modelId);
const plain = {
  model, temperature: 0, maxOutputTokens: 24, maxRetries: 0,
  prompt: "Which planet is called the red planet?",
};
const toolUse = {
  model, maxRetries: 0, prompt: "Bern", stopWhen: stepCountIs(3),
  tools: {
    get_weather: tool({
      description: "The weather of a town.",
      inputSchema: z.object({ town: z.string() }),
      execute: async ({ town }) => `7 degrees in ${town}`,
    }),
  },
};

const callsOf = (steps) => steps.flatMap((step) => step.toolCalls).map(
  (call) => [call.toolName, call.input]);

const tasks = {
  async text() {
    const { text, usage, finishReason } = await generateText(plain);
    return { text, usage, finishReason };
  },
  async stream() {
    const answer = streamText(plain);
    const texts = [];
    for await (const text of answer.textStream) texts.push(text);
    return { texts, usage: await answer.usage };
  },
  async tools() {
    const { steps, text } = await generateText(toolUse);
    return { calls: callsOf(steps), text };
  },
  async streamedTools() {
    const answer = streamText(toolUse);
    for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
    return { calls: callsOf(await answer.steps), text: await answer.text };
  },
  async object() {
    const { object } = await generateObject({
      model, maxRetries: 0, prompt: "Ada is 36.", schema: z.object({ name: z.string(), age: z.number() }),
    });
    return object;
  },
  async embeddings() {
    const { embeddings, usage } = await embedMany({
      model: bedrock.textEmbeddingModel(modelId), values: ["a cat", "a dog"], maxRetries: 0,
    });
    return { lengths: embeddings.map((embedding) => embedding.length), usage };
  },
};

try {
  console.log(JSON.stringify({ result: await tasks[task]() }));
} catch (error) {
  console.log(JSON.stringify({
    error: { name: error.name, message: error.message, status: error.statusCode },
  }));
}
