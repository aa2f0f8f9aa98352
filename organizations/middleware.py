def end_idle_sessions(get_response):
    return get_response


demand_new_password = end_idle_sessions
