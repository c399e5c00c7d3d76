"""The pieces that pages are put together from; `markup` is pure text, the rest speaks to streamlit."""
