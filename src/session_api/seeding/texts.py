"""The words of the demo workspaces."""

NAMES = (
    "Trip to Lisbon",
    "Quarterly report",
    "Kitchen renovation",
    "Spanish lessons",
    "Garden in spring",
    "Reading list",
)

QUESTIONS = (
    "Which day is the museum free?",
    "Can you find a quiet place for dinner near the river?",
    "How long does the tram to Belém take?",
    "What should we do if it rains on Saturday?",
    "Please compare the two hotels once more.",
    "Is there a train to Sintra before nine?",
    "Remind me what we decided about the car.",
    "What did the last search find?",
)

ANSWERS = (
    "The museum is free on the first Sunday of the month, from ten in the morning.",
    "I found three places within a walk of ten minutes; the second has a terrace.",
    "Tram 15 takes about half an hour from the square, longer in the afternoon.",
    "If it rains, the tile museum and the aquarium are both good for half a day.",
    "The first hotel is nearer to the station, the second has breakfast included.",
    "Trains leave at 7:41, 8:11 and 8:41; the ride takes forty minutes.",
    "You decided to go without a car and to take the train to Sintra instead.",
    "The search found twelve results; I kept the four with recent opening hours.",
)

HOPS = (
    ("Find opening hours", ("web_search", "read_page", "extract_table")),
    ("Compare restaurants", ("web_search", "read_reviews", "rank")),
    ("Book a table", ("check_availability", "reserve", "send_confirmation")),
)
