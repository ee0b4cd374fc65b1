// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <pion/apply/plan.hpp>
#include <pion/filter/chains.hpp>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/outputs.hpp"
#include "pion_tool/cli/text.hpp"
#include "pion_tool/io/formats.hpp"
#include "pion_tool/io/identity.hpp"
#include "pion_tool/io/quantized.hpp"
#include "pion_tool/io/tensor_errors.hpp"
#include "pion_tool/jobs/svd.hpp"
#include "pion_tool/report/table.hpp"
#include "pion_tool/verbs/verbs.hpp"

/// `pion compare`: the ways to make an update of one matrix, timed and checked side by side.
namespace pion::tool {
namespace {

struct Options {
  std::string file;
  std::string tensor;
  std::int64_t rank = 16;
  std::int64_t repeats = 5;
  bool json = false;
};

struct Row {
  std::string name;
  Method method = Method::dense;
  double seconds = 0.0;         // median
  std::optional<double> error;  // against the same by SVD in double; none where that is zero
  double multiply_adds = 0.0;   // predicted
  double cost = 0.0;            // the time predicted, in multiply-adds of a dense chain
};

using Float = io::Matrix<float>;
using Double = io::Matrix<double>;

// At the peak, measured on a square matrix of float32: SVDs in double take most of it.
constexpr double bytes_per_value = 176.0;

/// The tensor asked for, or the largest matrix of the file.
io::Tensor choose(const Options& o) {
  const io::TensorFile file(io::path_of(o.file));
  warn_of(o.file, file.warning());
  if (!o.tensor.empty()) return file.load(o.tensor);
  const io::QuantizedWeights quantized(file.entries());
  const io::TensorInfo* largest = nullptr;
  for (const io::TensorInfo& info : file.entries()) {
    const auto size = [](const io::TensorInfo& i) { return i.shape[0] * i.shape[1]; };
    if (!is_matrix(info) || !info.dtype || !quantized.owner_of(info).empty()) continue;
    if (largest == nullptr || size(info) > size(*largest)) largest = &info;
  }
  if (largest == nullptr) throw no_matrix(o.file, file.entries());
  return file.load(largest->name);
}

/// In float32, after an exact scaling that brings the largest entry near 1: no filter here sees it,
/// and what double holds neither overflows nor vanishes.
Float to_float(const io::Tensor& tensor) {
  Double x = io::to_matrix<double>(tensor);
  const double largest = x.size() == 0 ? 0.0 : x.cwiseAbs().maxCoeff<Eigen::PropagateNaN>();
  if (largest > 0.0 && std::isfinite(largest)) {
    const int power = -std::ilogb(largest);
    x = (x * std::ldexp(1.0, power / 2)) * std::ldexp(1.0, power - power / 2);
  }
  return x.cast<float>();
}

/// The median over some runs after one that warms up.
double seconds_of(std::int64_t repeats, const std::function<void()>& work) {
  work();
  std::vector<double> seconds;
  for (std::int64_t i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return 0.5 * (seconds[seconds.size() / 2] + seconds[(seconds.size() - 1) / 2]);
}

std::optional<double> relative_error(const Float& y, const Double& exact) {
  const double norm = exact.norm();
  if (!(norm > 0.0)) return std::nullopt;
  return (y.cast<double>() - exact).norm() / norm;
}

/// What the core's plan predicts; for the SVD's multiply-adds, Golub and Van Loan's 4 m^2 n + 22
/// m^3 flops for thin factors, and 2 m^2 n to multiply them out.
void predict(const Filter& f, const Float& x, Row& row) {
  if (row.method == Method::svd) {
    const auto m = static_cast<double>(std::min(x.rows(), x.cols()));
    const auto n = static_cast<double>(std::max(x.rows(), x.cols()));
    row.multiply_adds = m * m * (3.0 * n + 11.0 * m);
    row.cost = svd_cost * m * m * n;
  } else if (row.method == Method::low_rank) {
    Tolerance tolerance;
    tolerance.method = row.method;
    const SubspaceCost cost;
    row.multiply_adds = plan<float>(f, x.rows(), x.cols(), tolerance).multiply_adds;
    row.cost = cost.narrow * row.multiply_adds + cost.small_matrices;
  } else {
    row.multiply_adds = plan<float>(f, x.rows(), x.cols(), row.method).multiply_adds;
    row.cost = row.multiply_adds;
  }
}

class Comparison {
 public:
  Comparison(const Options& o, Float x)
      : repeats_(o.repeats),
        rank_(o.rank),
        x_(std::move(x)),
        in_double_(x_.cast<double>()),
        y_(x_.rows(), x_.cols()),
        exact_(x_.rows(), x_.cols()) {}

  std::vector<Row> run() {
    const Filter muon{chains::muon()};
    const Filter pion{chains::high_pass(2)};
    apply_by_svd(muon, in_double_, exact_);
    add("Muon", muon, Method::dense);
    add("Muon", muon, Method::gram);
    apply_by_svd(pion, in_double_, exact_);
    for (const Method method : all_methods) {
      if (method != Method::automatic) add("Pion kp=2", pion, method);
    }
    low_rank_by_svd(in_double_, rank_, exact_);
    time(fmt::format("LRMuon rank {}", rank_), {}, Method::svd,
         [&] { low_rank_by_svd(x_, rank_, y_); });
    rows_.back().error = relative_error(y_, exact_);
    time("the exact Pion kp=2, in double", pion, Method::svd,
         [&] { apply_by_svd(pion, in_double_, exact_); });
    return rows_;
  }

 private:
  void add(const std::string& name, const Filter& f, Method method) {
    Tolerance tolerance;
    tolerance.method = method;
    ApplyInfo info;
    time(name, f, method, [&] { info = apply_by(tolerance, f, x_, y_, workspace_); });
    rows_.back().error = relative_error(y_, exact_);
    if (method == Method::low_rank) {
      rows_.back().name +=
          info.method == method ? fmt::format(" to {}", tolerance.error) : ", gave way to another";
    }
  }

  void time(const std::string& name, const Filter& f, Method method,
            const std::function<void()>& work) {
    Row row;
    row.name = name;
    row.method = method;
    row.seconds = seconds_of(repeats_, work);
    predict(f, x_, row);
    rows_.push_back(row);
  }

  std::int64_t repeats_;
  std::int64_t rank_;
  Float x_;
  Double in_double_;
  Float y_;
  Double exact_;
  Workspace workspace_;
  std::vector<Row> rows_;
};

/// From the cost of the row, and the first row's time.
double predicted_seconds(const Row& row, const Row& first) {
  return first.cost > 0.0 ? first.seconds * row.cost / first.cost : 0.0;
}

void print_text(const Options& o, const io::Tensor& tensor, const std::vector<Row>& rows) {
  fmt::print("{}: {}, {}x{}, {}\n\n", printable(o.file), printable(tensor.name), tensor.shape[0],
             tensor.shape[1],
             o.tensor.empty() ? "the largest matrix of the file" : "the tensor asked for");
  Table table("llrrrrr",
              {"update", "method", "multiply-adds", "predicted ms", "ms", "times Muon", "error"});
  for (const Row& row : rows) {
    table.add({row.name, std::string(name(row.method)), fmt::format("{:.3g}", row.multiply_adds),
               fmt::format("{:.2f}", 1e3 * predicted_seconds(row, rows.front())),
               fmt::format("{:.2f}", 1e3 * row.seconds),
               fmt::format("{:.2f}", row.seconds / rows.front().seconds),
               row.error ? fmt::format("{:.1e}", *row.error) : "-"});
  }
  fmt::print(
      "{}\nfloat32, median of {}; predicted: the plan's cost at the first row's rate;\n"
      "error: relative, against the same by SVD in double\n",
      table.text(), o.repeats);
}

Json to_json(const Options& o, const io::Tensor& tensor, const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) {
    list.push_back({{"name", row.name + ", " + std::string(name(row.method))},
                    {"method", name(row.method)},
                    {"seconds", row.seconds},
                    {"error", or_null(row.error)},
                    {"multiply_adds", row.multiply_adds},
                    {"predicted_flops", 2.0 * row.multiply_adds},
                    {"predicted_seconds", predicted_seconds(row, rows.front())}});
  }
  return {{"file", o.file},       {"tensor", tensor.name}, {"shape", tensor.shape},
          {"repeats", o.repeats}, {"rank", o.rank},        {"rows", list}};
}

int compare(const Options& o) {
  const io::Tensor tensor = choose(o);
  const std::vector<Row> rows = about(o.file, tensor.name, tensor.shape, bytes_per_value,
                                      [&] { return Comparison(o, to_float(tensor)).run(); });
  if (o.json) {
    print(to_json(o, tensor, rows));
  } else {
    print_text(o, tensor, rows);
  }
  return 0;
}

}  // namespace

Verb compare_verb(CLI::App& app) {
  CLI::App* verb =
      add_verb(app, "compare", "Time and check Muon, Pion and SVD-based LRMuon on one matrix");
  const auto o = std::make_shared<Options>();
  require(add_text(*verb, "FILE", o->file, "TEXT", ".npy or .safetensors"));
  add_text(*verb, "--tensor", o->tensor, "NAME",
           "Compare on this matrix (the largest of the file if not given)");
  add_whole(*verb, "--rank", o->rank, 1, 1 << 20, "Directions that LRMuon keeps (16 if not given)");
  add_whole(*verb, "--repeats", o->repeats, 1, 10000, "Timed runs of each (5 if not given)");
  add_json(*verb, o->json);
  return {verb, [o] { return compare(*o); }};
}

}  // namespace pion::tool
