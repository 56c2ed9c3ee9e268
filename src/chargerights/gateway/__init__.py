"""The door for chargers: OCPP 1.6, 2.0.1 and 2.1 over web sockets.

endpoint        who may open a socket, and by which version it speaks
connection            one socket: frames in, frames out, calls to the charger
frames          OCPP-J: calls, results, errors
schemas         the official schemas, loosened where real chargers are loose
ocpp16, ocpp2x  a version's actions, each with what is done about it
statuses        the versions' words for decisions and states
chargers        a connected charger, as its handlers see it
configuration   what chargers say of their configuration, and its changes
commands        what chargers are told to do
courier         commands from node to node
rulings         decisions for chargers, and what is kept of them
partners        who is asked about tags that are unknown here
local_lists     what chargers know when they are offline, kept in step with the rights
local_list      the same of one charger
list_messages   the same in the words and measure of each version
customers       what is shared by one customer's chargers that are connected here
gateway         all of it: the process's chargers, and what runs beside them
"""
