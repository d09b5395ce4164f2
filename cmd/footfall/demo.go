package main

type demoCmd struct{}

func (demoCmd) Run(*program) error { return nil }
