#include "engine/server/metrics_page.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "engine/inference/generation.h"
#include "engine/kernels/install.h"

namespace bedplate::engine {
namespace {

class Page {
 public:
  void Head(std::string_view name, std::string_view kind, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, kind, help);
  }
  void Counter(std::string_view name, std::string_view help, double value) {
    Head(name, "counter", help);
    Line(name, value);
  }
  void Gauge(std::string_view name, std::string_view help, double value) {
    Head(name, "gauge", help);
    Line(name, value);
  }
  void Line(std::string_view name, double value) {
    fmt::format_to(std::back_inserter(text_), "{} {}\n", name, value);
  }
  template <size_t kBuckets>
  void Distribution(std::string_view name, std::string_view help,
                    const Histogram<kBuckets>& histogram) {
    Head(name, "histogram", help);
    uint64_t total = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      total += histogram.count(i);
      Line(fmt::format("{}_bucket{{le=\"{}\"}}", name, histogram.bounds()[i]),
           static_cast<double>(total));
    }
    total += histogram.count(kBuckets);
    Line(fmt::format("{}_bucket{{le=\"+Inf\"}}", name), static_cast<double>(total));
    Line(fmt::format("{}_sum", name), histogram.sum());
    Line(fmt::format("{}_count", name), static_cast<double>(total));
  }

  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

void AddPrefixes(Page& page, const PrefixStore::Counts& counts) {
  const auto value = [](uint64_t count) { return static_cast<double>(count); };
  page.Gauge("bedplate_engine_prefix_blocks", "Blocks of 64 tokens kept on the disk.",
             value(counts.blocks));
  page.Gauge("bedplate_engine_prefix_bytes", "What they take there.", value(counts.bytes));
  page.Counter("bedplate_engine_prefix_blocks_written_total", "Blocks written.",
               value(counts.written_total));
  page.Counter("bedplate_engine_prefix_blocks_read_total", "Blocks read.",
               value(counts.read_total));
  page.Counter("bedplate_engine_prefix_blocks_removed_total",
               "Blocks removed for others or since nobody used them.", value(counts.removed_total));
  page.Counter("bedplate_engine_prefix_blocks_failed_total",
               "Blocks that could not be written, or were spoilt.", value(counts.failed_total));
}

// Nothing until it is known.
void AddBatchCost(const Counters& counters, Page& page) {
  if (counters.batch_seconds[0] == 0) return;
  page.Head("bedplate_engine_batch_expected_seconds", "gauge",
            "Time that a batch of so many tokens is expected to take, but for attention: learnt "
            "from batches that were timed.");
  for (size_t i = 0; i < counters.batch_seconds.size(); ++i) {
    page.Line(fmt::format("bedplate_engine_batch_expected_seconds{{rows=\"{}\"}}",
                          scheduler::CostModel::kRangeEnds[i]),
              counters.batch_seconds[i]);
  }
  page.Gauge("bedplate_engine_seen_cell_expected_seconds",
             "What each cell that a token looks at adds to that.", counters.seen_seconds);
}

}  // namespace

std::string MetricsPage(const Counters& counters, const PrefixStore* prefixes, int threads) {
  const auto value = [](const Counters::Count& count) {
    return static_cast<double>(count.load(std::memory_order_relaxed));
  };
  Page page;
  page.Counter("bedplate_engine_requests_total", "Requests taken in.", value(counters.requests));
  page.Head("bedplate_engine_requests_ended_total", "counter", "Completions ended, by how.");
  for (size_t i = 1; i < counters.ended.size(); ++i) {
    page.Line(fmt::format("bedplate_engine_requests_ended_total{{ending=\"{}\"}}",
                          Name(static_cast<Ending>(i))),
              value(counters.ended[i]));
  }
  page.Counter("bedplate_engine_prompt_tokens_total", "Prompt tokens of started completions.",
               value(counters.prompt_tokens));
  page.Counter("bedplate_engine_cached_tokens_total",
               "Prompt tokens that were found in the KV cache and not computed again.",
               value(counters.cached_tokens));
  page.Counter("bedplate_engine_loaded_tokens_total",
               "Of the cached tokens, those that came from the disk.",
               value(counters.loaded_tokens));
  page.Counter("bedplate_engine_new_tokens_total", "Tokens generated.", value(counters.new_tokens));
  page.Counter("bedplate_engine_images_total",
               "Images encoded, or parts of them where a projector cuts them.",
               value(counters.images));
  page.Counter("bedplate_engine_embedding_inputs_total", "Inputs made into embeddings.",
               value(counters.embedding_inputs));
  page.Counter("bedplate_engine_embedding_tokens_total", "Tokens of these inputs.",
               value(counters.embedding_tokens));
  page.Gauge("bedplate_engine_waiting", "Requests (or embedding inputs) that wait.",
             value(counters.waiting));
  page.Gauge("bedplate_engine_running", "Requests (or embedding inputs) being computed.",
             value(counters.running));
  page.Gauge("bedplate_engine_computing_threads",
             "Threads that compute: fewer than there are while other work takes the processors.",
             threads);
  page.Gauge("bedplate_engine_cells_used", "Cells of the KV cache in use, idle ones included.",
             value(counters.cells_used));
  page.Gauge("bedplate_engine_cells_idle", "Cells that only keep prefixes for later requests.",
             value(counters.cells_idle));
  page.Counter("bedplate_engine_evicted_tokens_total", "Cached tokens given up for others.",
               value(counters.evicted_tokens));
  page.Counter("bedplate_engine_cache_compactions_total",
               "Times what was left in the KV cache was moved together.",
               value(counters.compactions));
  page.Counter("bedplate_engine_set_back_total",
               "Times a running request gave its cells up and waited again.",
               value(counters.set_back));
  page.Counter("bedplate_engine_drafted_tokens_total", "Tokens computed that were only guessed.",
               value(counters.drafted_tokens));
  page.Counter("bedplate_engine_accepted_tokens_total", "Of these, guessed right.",
               value(counters.accepted_tokens));
  page.Distribution("bedplate_engine_step_rows", "Tokens computed in a step.", counters.step_rows);
  page.Distribution("bedplate_engine_step_seconds", "Duration of a step.", counters.step_seconds);
  AddBatchCost(counters, page);
  page.Counter("bedplate_engine_sampling_seconds_total", "Of the steps, time spent on sampling.",
               counters.sampling_seconds.load(std::memory_order_relaxed));
  page.Counter("bedplate_engine_drafting_seconds_total", "Of the steps, time spent on guessing.",
               counters.drafting_seconds.load(std::memory_order_relaxed));
  page.Counter("bedplate_engine_attention_operations_total",
               "Attention operations computed by our kernels.",
               static_cast<double>(kernels::OperationsTaken()));
  if (prefixes != nullptr) AddPrefixes(page, prefixes->GetCounts());
  return page.Take();
}

}  // namespace bedplate::engine
