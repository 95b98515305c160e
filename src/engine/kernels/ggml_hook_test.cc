// Our kernels through ggml: what the hook takes is true, what it leaves is ggml's.
#include "engine/kernels/ggml_hook.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/kernels/forms.h"
#include "engine/kernels/install.h"
#include "engine/kernels/plan.h"
#include "engine/kernels/self_check.h"
#include "engine/kernels/testing/attention_cases.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace bedplate::kernels {
namespace {

ggml_type GgmlType(Format format) {
  if (format == Format::kF16) return GGML_TYPE_F16;
  return format == Format::kBf16 ? GGML_TYPE_BF16 : GGML_TYPE_Q8_0;
}

// A graph of one attention node over the numbers of a case.
class Graph {
 public:
  Graph(AttentionCase& problem, const Shape& s) : backend_(ggml_backend_cpu_init()) {
    context_ = ggml_init({.mem_size = ggml_tensor_overhead() * 16 + ggml_graph_overhead(),
                          .mem_buffer = nullptr,
                          .no_alloc = true});
    const int64_t heads = s.key_heads * s.group;
    q = ggml_new_tensor_4d(context_, GGML_TYPE_F32, s.key_size, heads, s.queries, s.streams);
    k = ggml_new_tensor_4d(context_, GgmlType(s.key_format), s.key_size, s.key_heads, s.cells,
                           s.streams);
    v = ggml_new_tensor_4d(context_, GgmlType(s.value_format), s.value_size, s.key_heads, s.cells,
                           s.streams);
    if (s.mask != MaskKind::kNone) {
      mask = ggml_new_tensor_4d(context_, GGML_TYPE_F16, s.cells, s.queries, 1, s.streams);
    }
    const auto heads_out = [&](ggml_tensor* t) { return ggml_permute(context_, t, 0, 2, 1, 3); };
    node = ggml_flash_attn_ext(context_, heads_out(q), heads_out(k), heads_out(v), mask,
                               problem.attention().scale, s.max_bias, s.soft_cap);
    if (s.sinks) {
      sinks = ggml_new_tensor_1d(context_, GGML_TYPE_F32, heads);
      ggml_flash_attn_ext_add_sinks(node, sinks);
    }
    graph_ = ggml_new_graph(context_);
    ggml_build_forward_expand(graph_, node);
    buffer_ = ggml_backend_alloc_ctx_tensors(context_, backend_);
    std::memcpy(q->data, problem.attention().queries, ggml_nbytes(q));
    std::memcpy(k->data, problem.attention().keys, ggml_nbytes(k));
    std::memcpy(v->data, problem.attention().values, ggml_nbytes(v));
    if (sinks) std::memcpy(sinks->data, problem.attention().sinks, ggml_nbytes(sinks));
    if (mask) std::memcpy(mask->data, problem.attention().mask, ggml_nbytes(mask));
  }
  ~Graph() {
    ggml_backend_buffer_free(buffer_);
    ggml_free(context_);
    ggml_backend_free(backend_);
  }
  Graph(const Graph&) = delete;

  std::vector<float> Compute(int threads) {
    ggml_backend_cpu_set_n_threads(backend_, threads);
    ggml_backend_graph_compute(backend_, graph_);
    const auto* const numbers = static_cast<const float*>(node->data);
    return {numbers, numbers + ggml_nelements(node)};
  }

  ggml_tensor* q = nullptr;
  ggml_tensor* k = nullptr;
  ggml_tensor* v = nullptr;
  ggml_tensor* mask = nullptr;
  ggml_tensor* sinks = nullptr;
  ggml_tensor* node = nullptr;

 private:
  ggml_backend_t backend_;
  ggml_context* context_ = nullptr;
  ggml_cgraph* graph_ = nullptr;
  ggml_backend_buffer_t buffer_ = nullptr;
};

TEST(GgmlHook, TakesAttentionAndIsTrue) {
  const KernelList list = RunnableKernels();
  ASSERT_TRUE(RegisterHook());
  for (size_t i = 0; i < list.count; ++i) {
    UseKernel(list.kernels[i]);
    for (uint32_t seed = 1000; seed < 1060; ++seed) {
      const Shape shape = RandomShape(seed);
      SCOPED_TRACE(testing::Message() << list.kernels[i]->name << " " << Describe(shape));
      AttentionCase problem(shape, seed);
      Graph graph(problem, shape);
      const uint64_t taken = NodesTaken();
      ASSERT_LE(problem.WorstError(graph.Compute(1 + seed % 4)), 2e-6);
      ASSERT_EQ(NodesTaken(), taken + 1);
    }
    UseKernel(nullptr);
  }
}

TEST(GgmlHook, CutForSoManyThreadsItDoesNotMatterHowManyCompute) {
  const KernelList list = RunnableKernels();
  ASSERT_TRUE(RegisterHook());
  const Shape shape{.queries = 2, .cells = 2000, .mask = MaskKind::kCausal};
  AttentionCase problem(shape, 7);
  for (size_t i = 0; i < list.count; ++i) {
    UseKernel(list.kernels[i]);
    Graph graph(problem, shape);
    const std::vector<float> uncut = graph.Compute(1);
    EXPECT_NE(graph.Compute(3), uncut);  // sums in another order
    CutForThreads(3);
    const std::vector<float> cut = graph.Compute(3);
    EXPECT_EQ(graph.Compute(1), cut);
    EXPECT_EQ(graph.Compute(2), cut);
    CutForThreads(0);
    UseKernel(nullptr);
  }
}

TEST(GgmlHook, LeavesWhatItDoesNotCompute) {
  const Shape shape{.queries = 4, .cells = 64, .mask = MaskKind::kCausal};
  AttentionCase problem(shape, 1);
  const auto refused = [&](const std::function<void(Graph&)>& change) {
    Graph graph(problem, shape);
    change(graph);
    return !AttentionOf(graph.node).has_value();
  };
  const auto set_parameter = [](Graph& graph, int index, float value) {
    std::memcpy(&graph.node->op_params[index], &value, sizeof value);
  };
  EXPECT_FALSE(refused([](Graph&) {}));
  EXPECT_FALSE(refused([&](Graph& g) { set_parameter(g, 1, 8); }));   // ALiBi
  EXPECT_TRUE(refused([&](Graph& g) { set_parameter(g, 1, 200); }));  // beyond all models
  EXPECT_FALSE(refused([&](Graph& g) { set_parameter(g, 2, 30); }));  // soft cap
  EXPECT_TRUE(refused([&](Graph& g) { set_parameter(g, 2, NAN); }));
  EXPECT_FALSE(refused([](Graph& g) { ggml_flash_attn_ext_set_n_kv_max(g.node, 64); }));
  EXPECT_TRUE(refused([](Graph& g) { g.node->src[4] = g.q; }));  // sinks of another size
  EXPECT_TRUE(refused([](Graph& g) { g.node->src[1]->type = GGML_TYPE_F32; }));
  EXPECT_TRUE(refused([](Graph& g) { g.node->src[2]->type = GGML_TYPE_Q4_0; }));
  EXPECT_TRUE(refused([](Graph& g) { g.node->src[2]->type = GGML_TYPE_Q8_0; }));  // strides
  EXPECT_TRUE(refused([](Graph& g) { g.node->src[0]->ne[0] = 72; }));
  EXPECT_TRUE(refused([](Graph& g) { g.node->src[1]->nb[0] = 4; }));
  EXPECT_TRUE(refused([](Graph& g) { g.node->src[3]->ne[2] = 9; }));
}

TEST(GgmlHook, AnOperationThatItLeavesIsComputedByGgml) {
  const KernelList list = RunnableKernels();
  if (list.count == 0) GTEST_SKIP() << "no kernel for this processor";
  ASSERT_TRUE(RegisterHook());
  const Shape shape{.queries = 4, .cells = 64, .mask = MaskKind::kCausal};
  AttentionCase problem(shape, 1);
  Graph graph(problem, shape);
  const float max_bias = kMaxBiasMax + 1;
  std::memcpy(&graph.node->op_params[1], &max_bias, sizeof max_bias);
  UseKernel(nullptr);
  const auto theirs = graph.Compute(2);
  UseKernel(list.kernels[0]);
  const uint64_t taken = NodesTaken();
  EXPECT_EQ(graph.Compute(2), theirs);
  EXPECT_EQ(NodesTaken(), taken);
  UseKernel(nullptr);
}

TEST(Install, PicksTheBestAndTheOneThatIsWanted) {
  const KernelList list = RunnableKernels();
  for (size_t i = 0; i < list.count; ++i) {
    const Installation one = Install(list.kernels[i]->name);
    EXPECT_TRUE(one.active);
    EXPECT_EQ(one.kernel, list.kernels[i]->name);
    EXPECT_EQ(one.note, "");
    EXPECT_TRUE(one.left_out.empty());
  }
  if (list.count > 0) {
    EXPECT_EQ(Install().kernel, list.kernels[0]->name);
  }
  EXPECT_EQ(Install("ggml").kernel, "ggml");
  const Installation unknown = Install("abacus");
  EXPECT_FALSE(unknown.active);
  EXPECT_EQ(unknown.note, "no attention kernel abacus for this processor");
}

// Without engine/threads nobody tells computations apart.
TEST(GgmlHook, LooksAtTheMaskInEachComputation) {
  const KernelList list = RunnableKernels();
  if (list.count == 0) GTEST_SKIP() << "no kernel for this processor";
  ASSERT_TRUE(RegisterHook());
  UseKernel(list.kernels[0]);
  const Shape shape{.queries = 16, .cells = 2000, .mask = MaskKind::kShared};
  AttentionCase problem(shape, 1);
  Graph graph(problem, shape);
  ggml_set_input(graph.mask);
  for (int turn = 0; turn < 5; ++turn) {
    std::ranges::rotate(problem.mask(), problem.mask().begin() + 777);
    std::memcpy(graph.mask->data, problem.mask().data(), ggml_nbytes(graph.mask));
    const uint64_t looked = MasksLookedAt();
    EXPECT_LE(problem.WorstError(graph.Compute(1 + turn % 3)), 2e-6);
    EXPECT_EQ(MasksLookedAt(), looked + 1);
  }
  UseKernel(nullptr);
}

TEST(GgmlHook, LeavesFormsThatItIsNotToldOf) {
  const KernelList list = RunnableKernels();
  if (list.count == 0) GTEST_SKIP() << "no kernel for this processor";
  ASSERT_TRUE(RegisterHook());
  const auto taken = [&](const Shape& shape, Forms forms) {
    AttentionCase problem(shape, 1);
    Graph graph(problem, shape);
    UseKernel(list.kernels[0], forms);
    const uint64_t before = NodesTaken();
    graph.Compute(2);
    UseKernel(nullptr);
    return NodesTaken() > before;
  };
  const Shape plain{.queries = 4, .cells = 64, .mask = MaskKind::kBiased};
  Shape shapes[kFormCount] = {plain, plain, plain, plain, plain};
  shapes[static_cast<int>(Form::kBf16)].value_format = Format::kBf16;
  shapes[static_cast<int>(Form::kQ8)].key_format = Format::kQ8;
  shapes[static_cast<int>(Form::kAlibi)].max_bias = 8;
  shapes[static_cast<int>(Form::kSoftCap)].soft_cap = 30;
  shapes[static_cast<int>(Form::kSinks)].sinks = true;
  EXPECT_TRUE(taken(plain, Forms()));
  for (int i = 0; i < kFormCount; ++i) {
    SCOPED_TRACE(NameOf(static_cast<Form>(i)));
    Forms one;
    one.Add(static_cast<Form>(i));
    Forms others;
    for (int j = 0; j < kFormCount; ++j) {
      if (j != i) others.Add(static_cast<Form>(j));
    }
    EXPECT_TRUE(taken(shapes[i], one));
    EXPECT_FALSE(taken(shapes[i], others));
  }
}

// A kernel that is wrong in one number of many is found out.
void ComputeWrongly(const Attention& attention, const Survey& survey, int64_t item,
                    const WorkMemory& work, int thread) {
  const Kernel& good = *RunnableKernels().kernels[0];
  good.compute(attention, survey, item, work, thread);
  const int32_t partial = survey.items[item].partial;
  if (item == 0) (partial < 0 ? attention.out : work.Partial(partial))[5] += 100;
}

// Kernels that forget, or misread, one form.
template <Form kForgotten>
Attention Forget(const Attention& attention) {
  Attention changed = attention;
  if (kForgotten == Form::kBf16 && attention.key_format == Format::kBf16) {
    changed.key_format = Format::kF16;
  }
  if (kForgotten == Form::kQ8) {
    if (attention.value_format == Format::kQ8) changed.value_head_stride = 0;
  }
  if (kForgotten == Form::kAlibi) changed.max_bias = 0;
  if (kForgotten == Form::kSoftCap) changed.soft_cap = 0;
  if (kForgotten == Form::kSinks) changed.sinks = nullptr;
  return changed;
}
template <Form kForgotten>
Kernel Forgetful() {
  Kernel kernel = *RunnableKernels().kernels[0];
  kernel.name = "forgetful";
  kernel.compute = [](const Attention& attention, const Survey& survey, int64_t item,
                      const WorkMemory& work, int thread) {
    RunnableKernels().kernels[0]->compute(Forget<kForgotten>(attention), survey, item, work,
                                          thread);
  };
  kernel.merge = [](const Attention& attention, const Survey& survey, const WorkMemory& work,
                    int64_t begin, int64_t end) {
    RunnableKernels().kernels[0]->merge(Forget<kForgotten>(attention), survey, work, begin, end);
  };
  return kernel;
}

TEST(SelfCheck, FindsAKernelThatIsWrong) {
  const KernelList list = RunnableKernels();
  if (list.count == 0) GTEST_SKIP() << "no kernel for this processor";
  ASSERT_TRUE(RegisterHook());
  for (size_t i = 0; i < list.count; ++i) {
    const Agreement good = CompareWithGgml(*list.kernels[i]);
    EXPECT_TRUE(good.plain);
    EXPECT_EQ(good.forms, Forms::All());
  }
  Kernel wrong = *list.kernels[0];
  wrong.compute = ComputeWrongly;
  EXPECT_FALSE(CompareWithGgml(wrong).plain);
}

TEST(SelfCheck, FindsTheFormThatIsWrongAndNoOther) {
  if (RunnableKernels().count == 0) GTEST_SKIP() << "no kernel for this processor";
  ASSERT_TRUE(RegisterHook());
  const auto check = []<Form kForgotten>() {
    SCOPED_TRACE(NameOf(kForgotten));
    const Agreement agreement = CompareWithGgml(Forgetful<kForgotten>());
    EXPECT_TRUE(agreement.plain);
    for (int i = 0; i < kFormCount; ++i) {
      EXPECT_EQ(agreement.forms.Has(static_cast<Form>(i)), static_cast<Form>(i) != kForgotten)
          << NameOf(static_cast<Form>(i));
    }
  };
  check.operator()<Form::kBf16>();
  check.operator()<Form::kQ8>();
  check.operator()<Form::kAlibi>();
  check.operator()<Form::kSoftCap>();
  check.operator()<Form::kSinks>();
}

}  // namespace
}  // namespace bedplate::kernels
