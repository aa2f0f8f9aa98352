def answer_refusals(get_response):
    return get_response
