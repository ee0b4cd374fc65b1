// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <pion/diagnostics/snr.hpp>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/io/formats.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion snr`: signal against noise over micro-batch gradients of one parameter.
namespace pion::tool {
namespace {

struct Options {
  std::string file;
  std::string prefix;
  bool json = false;
};

/// Samples of one parameter's gradient.
struct Group {
  std::string prefix;
  std::vector<io::TensorInfo> samples;
  std::optional<Snr> snr;  // from two samples on, if they could be used
};

/// One group of the tensors whose names begin with the prefix; without one, a group for each part
/// of a name before its last dot ("sft" for "sft.07"), in the order of the file.
std::vector<Group> groups_of(const Options& o, const std::vector<io::TensorInfo>& entries) {
  std::vector<Group> groups;
  for (const io::TensorInfo& info : entries) {
    if (info.name.rfind(o.prefix, 0) != 0) continue;
    const std::size_t dot = info.name.rfind('.');
    const std::string prefix =
        !o.prefix.empty() ? o.prefix : info.name.substr(0, dot == info.name.npos ? 0 : dot);
    auto group = groups.begin();
    while (group != groups.end() && group->prefix != prefix) ++group;
    if (group == groups.end()) group = groups.insert(group, {prefix, {}, {}});
    group->samples.push_back(info);
  }
  return groups;
}

// At the peak, measured on float32: the bytes of the file, the values in double, and their sum.
constexpr double bytes_per_value = 29.0;

/// Estimates the SNR of tensors of any shape, as only lengths and means enter.
Snr snr_of(const Options& o, const io::TensorFile& file, const Group& group) {
  const io::Shape& shape = group.samples.front().shape;
  SnrSamples samples;
  for (const io::TensorInfo& info : group.samples) {
    if (info.shape != shape) {
      throw io::Error(
          o.file, fmt::format("tensor {}: its shape is {}, that of {} is {}", io::quote(info.name),
                              io::to_string(info.shape), io::quote(group.samples.front().name),
                              io::to_string(shape)));
    }
    about(o.file, info.name, info.shape, bytes_per_value, [&] {
      io::Tensor tensor = file.load(info.name);
      tensor.shape = {static_cast<std::int64_t>(tensor.bytes.size() / io::size_of(tensor.dtype)),
                      1};
      samples.add(io::to_matrix<double>(tensor));
    });
  }
  return samples.estimate();
}

void print_text(const std::vector<Group>& groups) {
  Table table("lrrrr", {"group", "count", "signal", "noise", "snr"});
  for (const Group& g : groups) {
    std::vector<std::string> row = {g.prefix.empty() ? "(none)" : g.prefix,
                                    fmt::format("{}", g.samples.size()), "-", "-", "-"};
    if (g.snr) {
      row[2] = fmt::format("{:.4g}", g.snr->signal);
      row[3] = fmt::format("{:.4g}", g.snr->noise);
      row[4] = fmt::format("{:.4f}", g.snr->ratio());
    }
    table.add(row);
  }
  fmt::print("{}\nsnr: ||E G||^2 / E||G - E G||^2, without the bias of a finite count\n",
             table.text());
}

Json to_json(const Group& g) {
  return {{"prefix", g.prefix},
          {"snr", g.snr ? Json(g.snr->ratio()) : Json()},
          {"signal", g.snr ? Json(g.snr->signal) : Json()},
          {"noise", g.snr ? Json(g.snr->noise) : Json()},
          {"count", g.samples.size()}};
}

/// The numbers of the one group; with several they are null, and stand in `groups`.
Json to_json(const std::vector<Group>& groups) {
  Json report = groups.size() == 1 ? to_json(groups.front())
                                   : Json{{"prefix", nullptr},
                                          {"snr", nullptr},
                                          {"signal", nullptr},
                                          {"noise", nullptr},
                                          {"count", nullptr}};
  report["groups"] = Json::array();
  for (const Group& g : groups) report["groups"].push_back(to_json(g));
  return report;
}

int snr(const Options& o) {
  const io::TensorFile file(io::path_of(o.file));
  std::vector<Group> groups = groups_of(o, file.entries());
  if (groups.empty()) {
    throw io::Error(o.file, fmt::format("no tensor's name begins with {}; it holds {}",
                                        io::quote(o.prefix), io::list_names(file.entries())));
  }
  std::vector<io::Error> errors;  // of a group that cannot be used; the others are
  bool any = false;
  for (Group& group : groups) {
    if (group.samples.size() < 2) continue;
    try {
      group.snr = snr_of(o, file, group);
      any = true;
    } catch (const io::Error& error) {
      errors.push_back(error);
    }
  }
  if (!any) {
    if (!errors.empty()) throw errors.front();
    throw io::Error(o.file, fmt::format("{}: one sample; two or more are needed to see the noise",
                                        groups.size() == 1 ? io::quote(groups[0].prefix)
                                                           : "each group of names"));
  }
  warn_of(o.file, file.warning());
  for (const io::Error& error : errors) {
    warn({}, std::string(error.what()) + "; the other groups are estimated");
  }
  if (o.json) {
    print(to_json(groups));
  } else {
    print_text(groups);
  }
  return errors.empty() ? 0 : answer_is_no;
}

}  // namespace

Verb snr_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "snr", "Signal to noise over micro-batch gradients, bias-corrected");
  const auto o = std::make_shared<Options>();
  require(add_text(*verb, "FILE", o->file, "TEXT", ".safetensors with one gradient a tensor"));
  add_reader(
      *verb, "--prefix", [o](const std::string& text) { o->prefix = text; }, "P",
      "Take tensors by this beginning of names (else NAME.00, NAME.01, ...)");
  add_json(*verb, o->json);
  return {verb, [o] { return snr(*o); }};
}

}  // namespace pion::tool
