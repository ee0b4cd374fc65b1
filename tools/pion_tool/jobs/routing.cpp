// SPDX-License-Identifier: Apache-2.0
#include "pion_tool/jobs/routing.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <pion/optimizer/routing/assignments.hpp>
#include <pion/optimizer/routing/parameter_names.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "pion_tool/io/file.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/quantized.hpp"
#include "pion_tool/io/tensor_errors.hpp"

namespace pion::tool {
namespace {

using nlohmann::json;
using optimizer::Claim;
using optimizer::Dimensions;
using optimizer::Role;
using Router = optimizer::Router<float>;

constexpr const char* roles[] = {"",
                                 "query",
                                 "key",
                                 "value",
                                 "what stands behind the heads",
                                 "query, key and value",
                                 "key and value",
                                 "key and value of MLA",
                                 "a latent of MLA",
                                 "a factor of an adapter",
                                 "an embedding",
                                 "an output layer",
                                 "a table of a quantised weight"};

/// Reads the rules of a file.
class RuleFile {
 public:
  explicit RuleFile(const std::string& path) : path_(path) {}

  Router read() const {
    const json file = json::parse(io::read_text(io::path_of(path_)), nullptr, false);
    if (!file.is_object() || !file.contains("rules") || !file["rules"].is_array()) {
      fail("is no JSON object with a list \"rules\"");
    }
    Router router;
    std::size_t number = 0;
    for (const json& rule : file["rules"]) add(router, rule, ++number);
    return router;
  }

 private:
  [[noreturn]] void fail(std::string_view reason) const { throw io::Error(path_, reason); }

  [[noreturn]] void fail(std::size_t number, std::string_view reason) const {
    fail(fmt::format("rule {}: {}", number, reason));
  }

  std::vector<std::string> texts(const json& value, const std::string& key,
                                 std::size_t number) const {
    std::vector<std::string> all;
    if (!value.is_array()) fail(number, fmt::format("\"{}\" is not a list", key));
    for (const json& text : value) {
      if (!text.is_string()) fail(number, fmt::format("\"{}\" is not a list of texts", key));
      all.push_back(text.get<std::string>());
    }
    return all;
  }

  void add(Router& router, const json& rule, std::size_t number) const {
    if (!rule.is_object()) fail(number, "is not an object");
    Claim claim;
    std::string optimizer;
    int kp = 2;
    for (const auto& [key, value] : rule.items()) {
      if (key == "optimizer" && value.is_string()) {
        optimizer = value.get<std::string>();
      } else if (key == "kp" && value.is_number_unsigned() && value.get<unsigned>() <= 8) {
        kp = value.get<int>();
      } else if (key == "names") {
        claim.names = texts(value, key, number);
      } else if (key == "except") {
        claim.except = texts(value, key, number);
      } else if (key == "modules") {
        claim.modules = texts(value, key, number);
      } else if (key == "dimensions" && (value == "two" || value == "other")) {
        claim.dimensions = value == "two" ? Dimensions::two : Dimensions::other;
      } else if (key == "embeddings" && value.is_boolean()) {
        claim.roles = optimizer::inside_roles();
        if (value.get<bool>()) claim.roles = {Role::embedding, Role::output_layer, Role::table};
      } else {
        fail(number,
             fmt::format("{} is not known, or its value is of another kind", io::quote(key)));
      }
    }
    if (optimizer == "adamw") {
      router.add("AdamW", {claim}, optimizer::presets::adamw());
    } else if (optimizer == "muon") {
      router.add("Muon", {claim}, optimizer::presets::muon());
    } else if (optimizer == "pion") {
      router.add(fmt::format("Pion kp={}", kp), {claim}, optimizer::presets::pion(kp));
    } else if (optimizer == "sgd") {
      router.add("SGD", {claim}, optimizer::presets::sgd());
    } else {
      fail(number, "\"optimizer\" must be adamw, muon, pion or sgd");
    }
  }

  const std::string& path_;
};

/// The rows of one head: in a fused projection all heads are of one size.
Index head_size(const std::vector<io::TensorInfo>& tensors, const HeadOptions& heads) {
  for (const io::TensorInfo& info : tensors) {
    if (info.shape.size() != 2) continue;
    if (optimizer::role_of(info.name) != Role::fused_query_key_value) continue;
    if (const auto fused = heads_of(info.name, heads)) return info.shape[0] / fused->count;
  }
  return 0;
}

Router router_of(const std::string& assignment, const std::vector<io::TensorInfo>& tensors,
                 const HeadOptions& heads) {
  if (assignment == "muon") return optimizer::muon_assignment<float>();
  if (assignment == "vla") return optimizer::vla_assignment<float>();
  if (assignment == "rlvr") {
    if (heads.heads == 0) throw io::Error("--assignment", "rlvr needs --heads");
    return optimizer::rlvr_assignment<float>(heads.heads,
                                             heads.kv_heads > 0 ? heads.kv_heads : heads.heads, 2,
                                             {}, head_size(tensors, heads));
  }
  if (io::path_of(assignment).extension() == ".json") return RuleFile(assignment).read();
  throw io::Error("--assignment", io::quote(assignment) +
                                      " is not known; there are muon, vla, rlvr, or a .json file");
}

/// What the assignment saw of the parameter.
std::string reason_for(const optimizer::Parameter& p, const io::TensorInfo& info) {
  std::string why;
  if (p.shape.size() != 2) {
    why = fmt::format("{} dimension{}", p.shape.size(), p.shape.size() == 1 ? "" : "s");
  } else {
    why = info.shape.size() == 2
              ? "a matrix"
              : fmt::format("matrices of {}", dimensions({p.shape[0], p.shape[1]}));
  }
  const optimizer::RoleName* const told = optimizer::telling_name(p.name);
  if (told != nullptr && told->role != Role::other) {
    why += fmt::format("; its name has \"{}\": {}", told->text,
                       roles[static_cast<std::size_t>(told->role)]);
  }
  return why;
}

}  // namespace

std::vector<Route> route(const std::vector<io::TensorInfo>& tensors, const std::string& assignment,
                         const HeadOptions& heads, const io::PartPatterns& patterns) {
  const Router router = router_of(assignment, tensors, heads);
  const io::QuantizedWeights quantized(tensors);
  std::map<std::string, std::uint64_t> bytes_each;  // of state for one parameter, by label
  std::vector<Route> routes;
  for (const io::TensorInfo& info : tensors) {
    Route r;
    r.tensor = info;
    r.module = optimizer::module_of(info.name);
    r.parameters = io::byte_count(info.shape, 8).value_or(0);
    const std::string_view owner = quantized.owner_of(info);
    if (!info.problem.empty() || !owner.empty() || !info.dtype) {
      r.why = !info.problem.empty() ? info.problem
              : !owner.empty()      ? "it belongs to the quantised weight " + io::quote(owner)
                                    : "not trained: values of type " + info.dtype_name;
      routes.push_back(std::move(r));
      continue;
    }
    optimizer::Parameter p{info.name, {info.shape.begin(), info.shape.end()}, r.module};
    const std::vector<io::MatrixPart> matrices = io::matrices_in(info, patterns);
    // What is one matrix only if it is flattened stays what it is, unless that is asked for.
    const bool asked = io::fits(patterns.flatten, info.name);
    if (matrices.size() > 1 || (matrices.size() == 1 && asked)) {
      p.shape = {matrices.front().rows, matrices.front().cols};
    }
    try {
      r.optimizer = router.label(p);
      r.why = reason_for(p, info);
      const auto [known, is_new] = bytes_each.emplace(r.optimizer, 0);
      if (is_new) {  // each of these optimisers remembers whole matrices of the parameter's size
        known->second = optimizer::state_bytes(router.recipe(p).initial_state(1, 1));
      }
      r.state_bytes = known->second * r.parameters;
    } catch (const std::invalid_argument& refusal) {
      throw io::Error("--assignment", reason_in(refusal.what()));
    }
    routes.push_back(std::move(r));
  }
  return routes;
}

}  // namespace pion::tool
