"""Pictures drawn by the server as SVG: same input, same picture, no script and no inline style."""

from app.web.pictures.bars import key_mark, money_bar, score_bar, share_bar
from app.web.pictures.citymap import city_map
from app.web.pictures.covers import cover
from app.web.pictures.marks import empty_shape, hatch_defs, mark, step_mark
from app.web.pictures.outcomes import outcomes
from app.web.pictures.rosa import rosa
from app.web.pictures.sankey import sankey
from app.web.pictures.tiles import discs, paving, tile_class
from app.web.pictures.timeline import timeline

GLOBALS = {
    "city_map": city_map,
    "cover": cover,
    "discs": discs,
    "empty_shape": empty_shape,
    "hatch_defs": hatch_defs,
    "key_mark": key_mark,
    "mark": mark,
    "money_bar": money_bar,
    "outcomes": outcomes,
    "paving": paving,
    "rosa": rosa,
    "sankey": sankey,
    "score_bar": score_bar,
    "share_bar": share_bar,
    "step_mark": step_mark,
    "tile_class": tile_class,
    "timeline": timeline,
}
