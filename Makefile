.PHONY: demo test
demo:
	@./run demo $(ARGS)
test:
	@./run test $(ARGS)
