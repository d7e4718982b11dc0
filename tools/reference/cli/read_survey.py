"""Opens a survey with the readers that are installed, one at a time: prints JSON of what each finds.

python read_survey.py DIR READER, where READER is duckdb, polars, pandas or xarray. Exit status 3: it is not installed."""

import json
import sys
import warnings

folder, reader = sys.argv[1:]
warnings.simplefilter("error")
tables = f"{folder}/points/*.parquet"


def of_duckdb():
    import duckdb

    query = """select method, layer, count(*), min("index"), max("index"), avg(basis_participation_ratio),
               avg(distortion_random), count(problem) from read_parquet(?) group by all order by all"""
    return duckdb.execute(query, [tables]).fetchall()


def of_polars():
    import polars as pl

    rows = pl.scan_parquet(tables).group_by("method", "layer").agg(
        pl.len(),
        pl.col("index").min().alias("first"),
        pl.col("index").max().alias("last"),
        pl.col("basis_participation_ratio").mean(),
        pl.col("distortion_random").mean(),
        pl.col("problem").count(),
    )
    return rows.sort("method", "layer").collect().rows()


def of_pandas():
    import pandas as pd

    def known(value):
        return None if pd.isna(value) else value

    frame = pd.read_parquet(f"{folder}/points")
    return [
        [
            *key,
            len(part),
            int(part["index"].min()),
            int(part["index"].max()),
            known(part["basis_participation_ratio"].mean()),
            known(part["distortion_random"].mean()),
            int(part["problem"].count()),
        ]
        for key, part in frame.groupby(["method", "layer"])
    ]


def of_xarray():
    import xarray as xr
    import zarr  # noqa: F401

    values = xr.open_zarr(f"{folder}/arrays").basis_singular_values
    return [list(values.dims), list(values.shape), str(values.dtype), values.fillna(-1).values.ravel().tolist()]


try:
    found = globals()[f"of_{reader}"]()
except ModuleNotFoundError as missing:
    print(missing)
    sys.exit(3)
print(json.dumps(found))
