// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <pion/optimizer/routing/name_patterns.hpp>

/// What the names of a model's parameters tell. Every part of pion that reads names reads them
/// here, so that the router and the tool cannot differ. The names are those of the published
/// checkpoints of Llama, Qwen, Mistral, Mixtral, DeepSeek, Gemma, Phi, GPT-2, GPT-NeoX, Falcon,
/// Bloom, T5, BERT, ViT (of timm and of transformers), CLIP, Whisper, OpenVLA and pi0.
namespace pion::optimizer {

/// What a parameter is in its model, as far as its name tells. Weights are (out, in): the heads of
/// query, key and value are blocks of rows, those of output blocks of columns.
enum class Role {
  other,  ///< None of these.
  query,  ///< Where the model gates its heads, a head's rows are its query's and its gate's.
  key,
  value,
  output,  ///< The projection behind the heads, o_proj.
  /// Query, key and value in one matrix: one below the other, or in groups, each of some queries,
  /// their key and their value (GPT-NeoX, Megatron). A head is a block of equally many rows in
  /// both.
  fused_query_key_value,
  fused_key_value,   ///< Key and value in one matrix, likewise.
  latent_key_value,  ///< MLA's kv_b_proj: each head's rows are its key's and its value's.
  latent,            ///< MLA's down projections, whose rows are a rank and no heads.
  adapter,           ///< A factor of a low-rank update; its rows or columns are no heads.
  embedding,         ///< A table that is looked up in, of tokens or of places.
  output_layer,      ///< What makes logits.
  table              ///< Scales, zeros or indices of a quantised weight: not trained.
};

/// A text in a name, and the role of a parameter whose name has it. A dot stands for / too, which
/// Flax writes.
struct RoleName {
  std::string_view text;
  Role role;
  Stands stands = Stands::as_word;
};

/// The names that tell roles; the first that stands in a name counts. What is cut into patches is
/// convolved and not looked up: the rule for patch_embed stands before that for embed.
inline constexpr RoleName role_names[] = {
    // Factors of LoRA, LoHa and LoKr.
    {"lora_", Role::adapter, Stands::at_word},
    {"hada_", Role::adapter, Stands::at_word},
    {"lokr_", Role::adapter, Stands::at_word},
    // FP8 with blocks, compressed-tensors, GPTQ, AWQ, bitsandbytes.
    {"weight_scale", Role::table, Stands::at_word},
    {"input_scale", Role::table, Stands::at_word},
    {"weight_zero_point", Role::table},
    {"scales", Role::table, Stands::as_part},
    {"qzeros", Role::table, Stands::as_part},
    {"g_idx", Role::table, Stands::as_part},
    {"absmax", Role::table},
    {"quant_map", Role::table},
    {"SCB", Role::table, Stands::as_part},
    // Tables that are looked up in, and output layers.
    {"patch_embed", Role::other, Stands::anywhere},
    {"embed_out", Role::output_layer},  // GPT-NeoX
    {"embed", Role::embedding, Stands::anywhere},
    {"wte", Role::embedding, Stands::as_part},                           // GPT-2
    {"wpe", Role::embedding, Stands::as_part},                           // GPT-2, places
    {"shared.weight", Role::embedding, Stands::as_part},                 // T5
    {"relative_attention_bias", Role::embedding, Stands::as_part},       // T5, distances
    {"relative_position_bias_table", Role::embedding, Stands::as_part},  // Swin
    {"cls_token", Role::embedding, Stands::as_part},                     // ViT
    {"mask_token", Role::embedding, Stands::as_part},                    // ViT
    {"reg_token", Role::embedding, Stands::as_part},                     // DINOv2 of timm
    {"lm_head", Role::output_layer, Stands::anywhere},
    {"output.weight", Role::output_layer, Stands::in_front},  // Llama as published
    {"model.output.weight", Role::output_layer, Stands::as_part},
    {"head.weight", Role::output_layer, Stands::as_part},       // timm, DeepSeek
    {"proj_out.weight", Role::output_layer, Stands::in_front},  // Whisper
    {"classifier", Role::output_layer, Stands::as_part},
    {"score.weight", Role::output_layer, Stands::as_part},
    {"qa_outputs", Role::output_layer, Stands::as_part},           // BERT
    {"predictions.decoder", Role::output_layer, Stands::as_part},  // BERT
    {"seq_relationship", Role::output_layer, Stands::as_part},     // BERT
    // Multi-head latent attention.
    {"q_a_proj", Role::latent},
    {"kv_a_proj_with_mqa", Role::latent},
    {"kv_a_proj", Role::latent},
    {"wq_a", Role::latent},
    {"wkv_a", Role::latent},
    {"q_b_proj", Role::query},
    {"wq_b", Role::query},
    {"kv_b_proj", Role::latent_key_value},
    {"wkv_b", Role::latent_key_value},
    // Fused projections, before the single ones: "q_k_v_proj" has "v_proj" as a word too.
    {"qkv_proj", Role::fused_query_key_value},  // Phi
    {"q_k_v_proj", Role::fused_query_key_value},
    {"qkv", Role::fused_query_key_value, Stands::as_part},  // timm
    {"Wqkv", Role::fused_query_key_value},                  // MPT
    {"wqkv", Role::fused_query_key_value},                  // InternLM2, in groups
    {"query_key_value", Role::fused_query_key_value},       // GPT-NeoX, Falcon, Bloom, in groups
    {"linear_qkv", Role::fused_query_key_value},            // Megatron, in groups
    {"in_proj_weight", Role::fused_query_key_value},        // torch.nn.MultiheadAttention
    {"c_attn", Role::fused_query_key_value},                // GPT-2
    {"W_pack", Role::fused_query_key_value},                // Baichuan
    {"kv_proj", Role::fused_key_value},
    {"k_v_proj", Role::fused_key_value},
    {"linear_kv", Role::fused_key_value},
    {"to_kv", Role::fused_key_value},
    // Single ones: Llama and most, BERT and ViT, Llama as published, T5, diffusers, DistilBERT.
    {"q_proj", Role::query},
    {"self.query", Role::query, Stands::as_part},
    {"attention.query", Role::query},
    {"attention.wq", Role::query},
    {"SelfAttention.q", Role::query},
    {"EncDecAttention.q", Role::query},
    {"to_q", Role::query},
    {"q_lin", Role::query},
    {"k_proj", Role::key},
    {"self.key", Role::key, Stands::as_part},
    {"attention.key", Role::key},
    {"attention.wk", Role::key},
    {"SelfAttention.k", Role::key},
    {"EncDecAttention.k", Role::key},
    {"to_k", Role::key},
    {"k_lin", Role::key},
    {"v_proj", Role::value},
    {"self.value", Role::value, Stands::as_part},
    {"attention.value", Role::value},
    {"attention.wv", Role::value},
    {"SelfAttention.v", Role::value},
    {"EncDecAttention.v", Role::value},
    {"to_v", Role::value},
    {"v_lin", Role::value},
    {"o_proj", Role::output},
    {"attention.output.dense", Role::output},
    {"attention.wo", Role::output},
    {"attn.wo", Role::output},
    {"SelfAttention.o", Role::output},
    {"EncDecAttention.o", Role::output},
    {"to_out", Role::output},
    {"out_lin", Role::output},
    {"attn.out_proj", Role::output},          // CLIP, Whisper, MPT
    {"attention.dense", Role::output},        // GPT-NeoX, Falcon, Bloom
    {"attention.linear_proj", Role::output},  // Megatron
    {"attn.c_proj", Role::output},            // GPT-2
    {"attn.proj", Role::output},              // timm
};

/// Texts in the names of what belongs to a quantised weight, in small letters, wherever they stand:
/// beside such a weight, and there alone, they tell a table. They are those of the FP8 checkpoints
/// of DeepSeek, compressed-tensors, GPTQ, AWQ, bitsandbytes, HQQ, EXL2, AQLM, VPTQ, MLX and MXFP4.
/// (A bias beside a quantised weight is a vector, or a stack of vectors: no matrix either.)
inline constexpr std::string_view table_names[] = {"scale",    "zero",  "absmax", "quant", "scb",
                                                   "codebook", "codes", "group",  "g_idx", "bias",
                                                   "centroid", "perm",  "smooth", "lut"};

/// The roles of what goes to AdamW whatever its shape: it is looked up in, makes logits, or is not
/// trained (Fan et al. 2026, App. H).
constexpr bool is_outside(Role role) {
  return role == Role::embedding || role == Role::output_layer || role == Role::table;
}

/// The part of a vision-language-action model that a name belongs to, as Table A6 of Fan et al.
/// 2026 divides it.
struct ModuleName {
  std::string_view text;    ///< What begins a word of the name.
  std::string_view module;  ///< "vision", "language" or "action".
};

/// The first that begins a word of the name counts. A name without any is of "language", which a
/// model has where it has nothing else.
inline constexpr ModuleName module_names[] = {
    {"action", "action"},
    {"gemma_expert", "action"},  // pi0
    {"lm_expert", "action"},
    {"state_proj", "action"},  // SmolVLA, pi0
    {"time_mlp", "action"},
    {"proprio_projector", "action"},
    {"vision", "vision"},
    {"visual", "vision"},  // most, Qwen-VL
    {"featurizer", "vision"},
    {"projector", "vision"},  // OpenVLA
    {"multi_modal_projector", "vision"},
    {"vit", "vision"},
    {"img", "vision"},
    {"image", "vision"},
};

/// Returns the entry of `role_names` by which a name tells its role, or null where it tells none.
constexpr const RoleName* telling_name(std::string_view name) {
  for (const RoleName& known : role_names) {
    if (detail::has_text(name, known.text, known.stands)) return &known;
  }
  return nullptr;
}

/// Reads a parameter's role off its name. A name that tells nothing has the role `other`.
constexpr Role role_of(std::string_view name) {
  const RoleName* const known = telling_name(name);
  return known != nullptr ? known->role : Role::other;
}

/// Reads off a name whether the parameter is of "vision", "language" or "action".
constexpr std::string_view module_of(std::string_view name) {
  for (const ModuleName& known : module_names) {
    if (detail::has_text(name, known.text, Stands::at_word)) return known.module;
  }
  return "language";
}

/// Says whether a name is of a convolution's kernel: then (out, in, width) is one matrix and no
/// stack of matrices, as the experts of a layer are.
constexpr bool is_convolution(std::string_view name) {
  return detail::has_text(name, "conv", Stands::at_word) ||
         detail::has_text(name, "patch_embed", Stands::anywhere);
}

/// Says whether a matrix is stored (in, out), as the Conv1D of GPT-2 has it: then its heads are
/// blocks of the other axis. Models that took over GPT-2's names have (out, in), so the fused
/// projection decides, by its shape, for the whole model: it makes more than it takes.
constexpr bool is_wide_c_attn(std::string_view name, long long rows, long long cols) {
  return cols > rows && detail::has_text(name, "attn.c_attn.weight", Stands::as_word);
}

/// The matrices that are Conv1D in a model of which is_wide_c_attn() holds for one.
constexpr bool is_conv1d(std::string_view name) {
  for (const std::string_view word : {"c_attn", "c_proj", "c_fc", "q_attn"}) {
    if (detail::has_text(name, word, Stands::as_part)) return true;
  }
  return false;
}

}  // namespace pion::optimizer
