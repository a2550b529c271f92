import logging  # added


def main(req):  # added
    logging.critical('a message with level CRITICAL')  # added
    logging.error('a message with level ERROR')  # added
    logging.warning('a message with level WARNING')  # added
    logging.info('a message with level INFO')  # added
    logging.debug('a message with level DEBUG')  # added
    return 'logged'  # added
