from yibao.domains.mobile_orders.bills import ElectronicBill, Notice, NoticeAddress, PatientMessage
from yibao.domains.mobile_orders.channel_books import ChannelEntry, ChannelFault
from yibao.domains.mobile_orders.orders import Authorisation, AuthorisedOrder, Order, OrderEvent
from yibao.domains.mobile_orders.payments import CashPayment, CashResult, LateCash

__all__ = [
    "Authorisation",
    "AuthorisedOrder",
    "CashPayment",
    "CashResult",
    "ChannelEntry",
    "ChannelFault",
    "ElectronicBill",
    "LateCash",
    "Notice",
    "NoticeAddress",
    "Order",
    "OrderEvent",
    "PatientMessage",
]
