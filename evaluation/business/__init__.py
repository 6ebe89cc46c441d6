"""Measures of the customer base: who came, stayed and left, what it cost, and what customers are worth.

Everything here takes tables or arrays and gives arrays or frames. Who is a customer is given to it as spells
(``customer_id``, ``began``, ``ended``, ``kind``), so that it is the label's definition and no second one.
"""
