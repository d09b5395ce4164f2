# Makes xgb-variants.json.gz: models that XGBoost trained with all kinds of settings, and what it says of some rows.
#   python3 scorer/testdata/xgb-variants.py > scorer/testdata/xgb-variants.json.gz
# Debian's python3-xgboost 1.7.4 was used. The data are drawn at random and stand for nothing.
import gzip, json, sys
import numpy as np
import xgboost as xgb

random = np.random.default_rng(7)
n = 600
x = np.column_stack([
    random.normal(size=n),
    np.round(random.exponential(3, n)),                # counts, many right at thresholds
    random.integers(0, 2, n).astype(float),            # a flag
    np.where(random.random(n) < .3, np.nan, random.normal(50, 20, n)),
    np.round(random.random(n), 1),                     # tenths, which float32 rounds
    np.full(n, np.nan),                                # never known
])
margin = x[:, 0] + .4 * x[:, 1] * x[:, 2] - np.where(np.isnan(x[:, 3]), 1, x[:, 3] / 40) - 1.5
y = (random.random(n) < 1 / (1 + np.exp(-margin))).astype(float)
names = ["score", "visits", "mobile", "scroll", "share", "never"]

rows = x[:20].copy()
rows[0, :] = np.nan
rows[1, :5] = [1e30, -5, .5, 1e-30, -1e30]

kinds = [
    ("by its defaults", {}, None),
    ("base score of a fifth", {"base_score": .2}, None),
    ("deep, by loss", {"max_depth": 0, "max_leaves": 24, "grow_policy": "lossguide", "tree_method": "hist"}, names),
    ("one deep tree", {"max_depth": 14, "eta": 1, "min_child_weight": 0, "lambda": 0}, None),
    ("stumps", {"max_depth": 1, "eta": .9}, names),
    ("nothing to split", {"gamma": 1e9, "base_score": .7}, None),
    ("three trees at a time", {"num_parallel_tree": 3, "subsample": .5, "colsample_bynode": .7}, None),
    ("rare wins weighed, pruned, bounded", {"scale_pos_weight": 5, "gamma": 3, "alpha": .5, "max_delta_step": 1, "monotone_constraints": "(1,1,0,0,0,0)"}, names),
]
out = []
for name, settings, features in kinds:
    settings = {"objective": "binary:logistic", "seed": 3, "nthread": 1, "max_depth": 4, **settings}
    trained = xgb.train(settings, xgb.DMatrix(x, y, feature_names=features), 1 if "one" in name else 8)
    asked = xgb.DMatrix(rows, feature_names=features)
    out.append({
        "name": name,
        "model": json.loads(trained.save_raw("json")),
        "margins": trained.predict(asked, output_margin=True).tolist(),
        "contributions": trained.predict(asked, pred_contribs=True, strict_shape=True)[:, 0, :].tolist(),  # the bias last
    })
lists = [[None if np.isnan(v) else v for v in row] for row in rows.tolist()]
text = json.dumps({"xgboost": xgb.__version__, "rows": lists, "models": out}, separators=(",", ":"))
sys.stdout.buffer.write(gzip.compress(text.encode(), 9, mtime=0))
