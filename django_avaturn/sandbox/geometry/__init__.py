"""The low-poly figure: shapes, body, clothes, hair and face. Metres, y up, facing +z."""
