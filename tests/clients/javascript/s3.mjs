// Objects with the AWS SDK for JavaScript as it comes, with its default checksums; prints what it saw
// as one JSON object. Address and keys are in the environment, as `bedplate env` gives them.
//
//   node s3.mjs TASK BUCKET

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";

const [task, Bucket] = process.argv.slice(2);
// Buckets by the path: their own hosts are names that a machine may not resolve.
const client = new S3Client({ maxAttempts: 1, forcePathStyle: true });
const part = (letter, size) => Buffer.alloc(size, letter);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const tasks = {
  async put() {
    const put = await client.send(new PutObjectCommand({
      Bucket, Key: "ordner/ä b+c.txt", Body: "hello", ContentType: "text/plain",
      Metadata: { who: "me" } }));
    // The SDK holds the bytes against the checksum as they are read.
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "ordner/ä b+c.txt" }));
    return { sent: put.ChecksumCRC32, text: await got.Body.transformToString(),
             checksum: got.ChecksumCRC32, type: got.ContentType, metadata: got.Metadata };
  },
  async stream() {
    const pieces = Array.from({ length: 40 }, (_, i) => part(String(i % 10), 70_001));
    const whole = Buffer.concat(pieces);
    await client.send(new PutObjectCommand({
      Bucket, Key: "stream", Body: Readable.from(pieces), ContentLength: whole.length }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "stream" }));
    const hash = createHash("sha256");
    let pieceCount = 0;
    for await (const piece of got.Body) {
      hash.update(piece);
      ++pieceCount;
    }
    const range = await client.send(new GetObjectCommand({
      Bucket, Key: "stream", Range: "bytes=70000-70002" }));
    return { same: hash.digest("hex") === sha256(whole), pieceCount,
             range: await range.Body.transformToString(), of: range.ContentRange };
  },
  async parts() {
    const bodies = [part("a", 5 << 20), part("b", 5 << 20), part("c", 1000)];
    const Key = "parts";
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const Parts = await Promise.all(bodies.map(async (Body, i) => {
      const done = await client.send(new UploadPartCommand({
        Bucket, Key, UploadId, PartNumber: i + 1, Body }));
      return { PartNumber: i + 1, ETag: done.ETag, ChecksumCRC32: done.ChecksumCRC32 };
    }));
    const made = await client.send(new CompleteMultipartUploadCommand({
      Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = await got.Body.transformToByteArray();
    return { same: sha256(bytes) === sha256(Buffer.concat(bodies)), etag: made.ETag,
             checksums: Parts.map((each) => typeof each.ChecksumCRC32) };
  },
  async list() {
    for (let i = 0; i < 25; ++i) {
      await client.send(new PutObjectCommand({ Bucket, Key: `list/${i}`, Body: "" }));
    }
    const keys = [];
    const pages = paginateListObjectsV2({ client, pageSize: 10 }, { Bucket, Prefix: "list/" });
    for await (const page of pages) keys.push(...page.Contents.map((each) => each.Key));
    const gone = await client.send(new DeleteObjectsCommand({
      Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
    return { count: keys.length, deleted: gone.Deleted.length };
  },
  async missing() {
    return client.send(new HeadObjectCommand({ Bucket, Key: "none" }));
  },
};

try {
  console.log(JSON.stringify({ result: await tasks[task]() }));
} catch (error) {
  console.log(JSON.stringify({ error: {
    name: error.name, message: error.message, status: error.$metadata?.httpStatusCode } }));
}
client.destroy();
