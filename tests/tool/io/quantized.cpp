// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "pion_tool/io/quantized.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

TensorInfo floats(const std::string& name) { return {name, "F16", DType::f16, {4, 4}}; }
TensorInfo other(const std::string& name, const std::string& type, const Shape& shape = {4, 4}) {
  return {name, type, {}, shape};
}

struct Case {
  std::vector<TensorInfo> weights;
  std::vector<std::string> belong;
  std::string owner;
};

TEST_CASE("quantized: scales, zeros and books belong to the weight beside them", "[io]") {
  const std::vector<Case> cases = {
      // FP8 with blocks, compressed-tensors
      {{other("m.weight", "F8_E4M3")},
       {"m.weight_scale_inv", "m.weight_scale", "m.input_scale"},
       "m.weight"},
      {{other("m.weight", "I8")}, {"m.weight_zero_point", "m.SCB"}, "m.weight"},
      // GPTQ, AWQ
      {{other("l.0.q.qweight", "I32")},
       {"l.0.q.scales", "l.0.q.qzeros", "l.0.q.g_idx"},
       "l.0.q.qweight"},
      // bitsandbytes
      {{other("m.weight", "U8")},
       {"m.weight.absmax", "m.weight.quant_map", "m.weight.nested_absmax"},
       "m.weight"},
      // MLX
      {{other("m.weight", "U32")}, {"m.scales", "m.biases"}, "m.weight"},
      // AQLM
      {{other("m.codes", "I16")}, {"m.codebooks", "m.scales"}, "m.codes"},
      // a type of tomorrow
      {{other("m.weight", "F4_E2M1X2")}, {"m.weight_scale"}, "m.weight"},
      // without modules
      {{other("qweight", "I32")}, {"scales"}, "qweight"},
  };
  for (const Case& c : cases) {
    const QuantizedWeights quantized(c.weights);
    for (const std::string& name : c.belong) {
      INFO(name);
      CHECK(quantized.owner_of(floats(name)) == c.owner);
    }
    CHECK(quantized.owner_of(c.weights[0]).empty());
    CHECK(quantized.owner_of(floats("other.weight_scale")).empty());
    CHECK(quantized.owner_of(floats("m.lora_A")).empty());
  }
}

TEST_CASE("quantized: what is no quantised weight has nothing beside it", "[io]") {
  const std::vector<TensorInfo> tensors{floats("m.weight"), other("m.steps", "I64"),
                                        other("m.mask", "BOOL"), other("m.count", "I32", {}),
                                        other("n.index", "U8")};
  const QuantizedWeights plain(tensors);
  for (const char* name : {"m.weight", "m.weight_scale", "m.scales", "m.bias", "n.weight",
                           "n.index_weight", "scale"}) {
    INFO(name);
    CHECK(plain.owner_of(floats(name)).empty());
  }
  const std::vector<TensorInfo> none;
  CHECK(QuantizedWeights(none).owner_of(floats("m.scales")).empty());
}

}  // namespace
}  // namespace pion::io
