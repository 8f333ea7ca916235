import ArgumentParser
import Connectors
@main struct Main: ParsableCommand { func run() { print("hi", Warehouse.self) } }
