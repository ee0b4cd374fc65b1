// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/jobs/step_file.hpp"
#include "pion_tool/recipes/catalogue.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion step`: steps one parameter through one gradient after another.
namespace pion::tool {
namespace {

struct Options {
  std::string recipe;
  StepRequest request;
  std::optional<double> rate, decay;
  bool exact = false, list = false, json = false;
};

/// How long a side of a buffer is, in words: "m", "n", "min", "max", "mn/2048" or a number. Which
/// it is shows in parameters of several shapes.
std::string extent(Index wide, Index tall, Index larger) {
  constexpr double entries = 1009.0 * 2003.0;
  if (wide == larger) return fmt::format("{}", wide);
  const double share = entries / static_cast<double>(wide);
  if (wide == 1009) return tall == wide ? "min" : "m";
  if (wide == 2003) return tall == wide ? "max" : "n";
  return share == 1.0 ? "mn" : fmt::format("mn/{}", std::round(share));
}

/// The buffers of a recipe's state, for a parameter of m x n: "momentum m x n".
std::vector<std::string> state_of(const recipes::MadeRecipe& recipe) {
  const auto wide = recipe.buffers(1009, 2003), tall = recipe.buffers(2003, 1009),
             larger = recipe.buffers(4036, 8012);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (wide[i].rows * wide[i].cols == 0) continue;
    all.push_back(fmt::format("{} {} x {}{}", wide[i].name,
                              extent(wide[i].rows, tall[i].rows, larger[i].rows),
                              extent(wide[i].cols, tall[i].cols, larger[i].cols),
                              wide[i].storage == optimizer::Storage::codes ? " bytes" : ""));
  }
  return all;
}

std::string joined(const std::vector<std::string>& items) {
  std::string all;
  for (const std::string& item : items) all.append(all.empty() ? "" : ", ").append(item);
  return all.empty() ? "nothing" : all;
}

/// With a space behind each comma, so that it can be wrapped.
std::string spaced(std::string text) {
  for (std::size_t at = 0; (at = text.find(',', at)) != text.npos; at += 2) {
    text.insert(at + 1, " ");
  }
  return text;
}

int list_recipes(const Options& o) {
  Json all = Json::array();
  for (const recipes::NamedRecipe& named : recipes::catalogue()) {
    const recipes::MadeRecipe recipe = recipes::make_recipe(named.name, {});
    const std::vector<std::string> state = state_of(recipe);
    const auto has = [&named](unsigned what) { return (named.takes & what) != 0; };
    if (o.json) {
      Json options = Json::object();
      for (const auto& [key, value] : recipe.options) options[key] = value;
      all.push_back({{"name", named.name},
                     {"rate", or_null(named.learning_rate)},
                     {"chain", *named.chain != '\0' ? Json(named.chain) : Json()},
                     {"options", options},
                     {"state", state},
                     {"exact", has(recipes::takes::exact)},
                     {"tolerance", has(recipes::takes::tolerance)},
                     {"loss", has(recipes::takes::loss)}});
      continue;
    }
    std::string notes = named.learning_rate ? fmt::format("rate {}", *named.learning_rate)
                                            : std::string("no published rate");
    if (has(recipes::takes::exact)) notes += ", --exact";
    if (has(recipes::takes::tolerance)) notes += ", tolerance=T";
    if (has(recipes::takes::loss)) notes += ", needs --loss";
    const std::string keys = spaced(recipe.text.substr(recipe.text.find(':') + 1));
    fmt::print("{}: {}\n    {}\n    state: {}\n", named.name, notes, wrap(keys, 90, 4),
               wrap(joined(state), 83, 11));
  }
  if (o.json) {
    const Json report = {{"recipes", all}};
    print(report);
  }
  return 0;
}

const char* name_of(optimizer::Outcome outcome) {
  switch (outcome) {
    case optimizer::Outcome::taken: return "taken";
    case optimizer::Outcome::gradient_not_finite: return "gradient_not_finite";
    case optimizer::Outcome::result_not_finite: return "result_not_finite";
  }
  return "";
}

bool dead(const optimizer::StepInfo& step) {
  return step.direction.dead || step.direction.dead_heads > 0;
}

void print_json(const Options& o, const recipes::MadeRecipe& recipe, const StepReport& report) {
  Json steps = Json::array();
  for (const optimizer::StepInfo& step : report.steps) {
    steps.push_back({{"outcome", name_of(step.outcome)},
                     {"update_norm", step.update_norm},
                     {"direction_norm", step.direction.norm},
                     {"dead", dead(step)}});
  }
  print({{"recipe", recipe.text},
         {"rate", o.request.learning_rate},
         {"steps", steps},
         {"state_bytes", report.state_bytes},
         {"output", o.request.output}});
}

void print_text(const Options& o, const recipes::MadeRecipe& recipe, const StepReport& report) {
  Table table("llrrl", {"step", "outcome", "||update||", "||direction||", "gradient"});
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    const optimizer::StepInfo& step = report.steps[i];
    table.add({fmt::format("{}", i + 1), dead(step) ? "dead" : name_of(step.outcome),
               fmt::format("{:.5g}", step.update_norm), fmt::format("{:.5g}", step.direction.norm),
               shorten(o.request.gradients[i], 40)});
  }
  fmt::print("{}\n{}\n", wrap(spaced(recipe.text), Table::page, 2), table.text());
  fmt::print("{}: the weight; its state takes {} bytes\n", printable(o.request.output),
             report.state_bytes);
}

/// What --list does without, a step needs.
void require_arguments(const Options& o) {
  const auto require_given = [](bool given, const char* what) {
    if (!given) throw io::Error(what, "is required; pion step --help says what it is");
  };
  require_given(!o.recipe.empty(), "RECIPE");
  require_given(!o.request.weight.empty(), "WEIGHT");
  require_given(!o.request.gradients.empty(), "GRADIENT");
  require_given(!o.request.output.empty(), "--output");
}

void require_files_apart(const StepRequest& r) {
  std::vector<NamedFile> inputs = {{"WEIGHT", r.weight}, {"--state", r.state}};
  for (const std::string& gradient : r.gradients) inputs.push_back({"GRADIENT", gradient});
  require_apart(inputs, {{"--output", r.output}, {"--save-state", r.save_state}});
}

int step(Options& o) {
  if (o.list) return list_recipes(o);
  require_arguments(o);
  require_files_apart(o.request);
  recipes::Numbers more;
  if (o.decay) more["weight_decay"] = *o.decay;
  const recipes::MadeRecipe recipe = recipes::recipe_named(o.recipe, o.exact, more);
  const auto rate = o.rate ? o.rate : recipe.named->learning_rate;
  if (!rate) {
    throw io::Error("--rate",
                    fmt::format("recipe {} has no published rate; give one", recipe.named->name));
  }
  o.request.learning_rate = *rate;
  const bool needs_loss = (recipe.named->takes & recipes::takes::loss) != 0;
  const std::size_t losses = o.request.losses.size(), gradients = o.request.gradients.size();
  if (needs_loss ? losses != gradients : losses != 0) {
    throw io::Error("--loss", needs_loss
                                  ? fmt::format("{} losses for {} gradients; recipe {} "
                                                "needs the loss of each",
                                                losses, gradients, recipe.named->name)
                                  : fmt::format("recipe {} takes no loss", recipe.named->name));
  }
  const StepReport report = step_file(recipe, o.request);
  if (o.json) {
    print_json(o, recipe, report);
  } else {
    print_text(o, recipe, report);
  }
  flush_output();
  int status = 0;
  for (std::size_t i = 0; i < report.steps.size(); ++i) {
    if (report.steps[i].taken()) continue;
    warn(o.request.gradients[i], fmt::format("the step is refused, {}; the weight stays as it was",
                                             name_of(report.steps[i].outcome)));
    status = answer_is_no;
  }
  return status;
}

}  // namespace

Verb step_verb(CLI::App& app) {
  CLI::App* verb = add_verb(
      app, "step", "Step a parameter of an optimizer through gradients, one after another");
  const auto o = std::make_shared<Options>();
  add_text(*verb, "RECIPE", o->recipe, "TEXT", "NAME[:key=value,...]; --list prints them all");
  add_text(*verb, "WEIGHT", o->request.weight, "TEXT", ".npy or .safetensors with one tensor");
  add_texts(*verb, "GRADIENT", o->request.gradients, "TEXT", "A file for each step");
  add_text(*verb, "-o,--output", o->request.output, "FILE", "Write the stepped weight here");
  add_real(*verb, "--rate", o->rate, 0.0, 1e300,
           "The learning rate (the published one if there is)");
  add_real(*verb, "--decay", o->decay, 0.0, 1e300, "The weight decay (the recipe's if not given)");
  add_text(*verb, "--state", o->request.state, "FILE", "Begin with this state, of --save-state");
  add_text(*verb, "--save-state", o->request.save_state, "FILE",
           "Write the state here: .safetensors with the recipe and its numbers");
  add_reals(*verb, "--loss", o->request.losses, 0.0, 1e300,
            "The loss of each gradient, for recipes that need it");
  add_flag(*verb, "--exact", o->exact,
           "Take the exact polar factor in the place of a Newton-Schulz chain");
  add_flag(*verb, "--list", o->list, "Print each recipe, its numbers and its state");
  add_json(*verb, o->json);
  return {verb, [o] { return step(*o); }};
}

}  // namespace pion::tool
