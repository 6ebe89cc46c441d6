"""Words that say how a customer feels and what about, in English and Chinese.

Entries are separated by ``,``. A ``*`` at the end of an English word stands for any ending. The lists are general on
purpose: words that customers of any business use.
"""

from __future__ import annotations

PRAISE = """
good, great, excellent, perfect, easy, helpful, fast, quick*, reliable, happy, satisf*, love*, pleased, pleasant,
thank*, useful,
clear, smooth*, recommend*, impress*, friendly, professional, intuitive, fair, wonderful, amazing, best, better, fine,
works well, work well, well done, pays for itself, worth, solved, fixed, save us, saves us, on time, cares,
good value,
很好, 不错, 满意, 好用, 方便, 简单, 清楚, 清晰, 及时, 专业, 负责, 顺手, 省事, 省心, 省了, 合理, 划算, 物有所值,
推荐, 感谢, 谢谢,
稳定, 喜欢, 优秀, 快速, 很快, 有用, 贴心, 耐心, 给力, 高效, 顺畅, 流畅, 认可, 好评, 解决了, 点赞, 靠谱, 顺利
"""
COMPLAINT = """
bad, poor*, terrible, awful, horrible, slow*, broken, fail*, crash*, bug, bugs, error*, wrong*, confus*, complex*,
complicated, difficult, hard, useless, unusable, frustrat*, disappoint*, annoy*, angry, unhappy, dissatisf*,
unacceptable, worst, worse, expensive, overpriced, steep, problem*, issue*, complain*, missing, lost, losing, late,
delay*, declined, unreliable, lack*, refund*, blocked, stuck, hang*, crawl*, silence, nobody, no one, unclear, rude,
waste of, time out, times out, timed out, no answer, no response, no reply, not worth, third time, again and again,
far too, far more, cannot go on, went back to, does nothing, does not fit, does not work, does not load, not working,
不满, 失望, 太慢, 很慢, 很卡, 特别卡, 卡住, 卡顿, 崩溃, 报错, 错误, 失败, 失效, 不稳定, 停机, 打不开, 加载不出来,
超时, 延迟, 不对,
发错, 少发, 破损, 坏了, 故障, 复杂, 难用, 找不到, 没人会用, 学习成本, 太贵, 涨价, 高很多, 性价比下降, 投诉, 没人,
没有人, 无人,
反复出现, 还没解决, 没有解决, 拖延, 推诿, 催了, 第三次, 到底谁负责, 没法用, 影响业务, 差劲, 太差, 很差, 糟糕, 垃圾,
生气, 着急, 退款, 欠费,
重复收, 对不上, 装不上, 丢了, 丢失, 没有反应, 没有消息, 有意见, 不归, 不好用, 不方便, 不清楚, 不及时, 不合理, 麻烦死
"""
NEGATOR = "not, no, never, hardly, neither, nor, without, cannot, 不, 不是, 没, 没有, 无, 未, 并非, 谈不上"
STRENGTHENER = "very, too, so, extremely, really, far, absolutely, highly, 太, 非常, 很, 特别, 极其, 十分, 超级, 实在"
SUBJECTS = {
    "mentions_price": """
price*, pricing, cost, costs, costly, expensive, cheap*, discount*, overpriced, fee, fees, charge less, charges,
steep,
not worth, good value, 价格, 涨价, 报价, 太贵, 便宜, 折扣, 费用, 收费, 性价比, 划算, 降价, 优惠, 贵了, 物有所值, 原价
""",
    "mentions_competitor": """
competitor*, competing, rival*, alternative*, vendor*, another supplier, another offer, another tool, other providers,
others are cheaper, 友商, 竞品, 竞争对手, 别家, 其他家, 其他系统, 另一家, 同行, 对手
""",
    "mentions_slowness": """
slow*, lag, lags, laggy, hang*, crawl*, timeout*, time out, times out, timed out, takes too long, far too long,
take far too long, a minute to, does not load, delay*, 太慢, 很慢, 卡住, 卡顿, 很卡, 特别卡, 超时, 延迟, 打不开,
加载不出来, 反应慢
""",
    "mentions_complexity": """
complex*, complicated, confus*, unclear, unintuitive, learning curve, too many menus, hard to use, difficult to use,
cannot find, nobody finds, 复杂, 难用, 找不到, 看不懂, 不会用, 没人会用, 学习成本, 功能太多, 难上手, 繁琐
""",
    "mentions_fault": """
bug, bugs, error*, crash*, fail*, broken, fault*, defect*, wrong*, declined, missing, does nothing, stopped working,
not working, does not fit, does not work, 报错, 错误, 故障, 崩溃, 失效, 失败, 停机, 坏了, 破损, 发错, 少发, 不对,
对不上, 装不上,
没有反应, 丢了, 丢失, 缺陷, 质量问题, 不稳定
""",
    "mentions_poor_service": """
ignored, unanswered, rude, no answer, no response, no reply, nobody follows, nobody answers, nobody called,
nobody has called, no one asks, who is in charge, passed from, still waiting, third time, again and again,
没人跟进, 没人联系, 没人管, 无人处理, 没有人关心, 没有消息, 回复太慢, 响应慢, 不归他管, 到底谁负责, 推诿, 态度差,
催了, 第三次, 反复出现
""",
    "mentions_leaving": """
cancel*, switching, switch to, terminat*, unsubscrib*, migrat*, leave you, leaving you, move to another, stop using,
not renew, reconsider at renewal, end the contract, looking at another,
不续约, 不再续, 不续费, 取消合作, 退订, 解约, 考虑更换, 换一家, 换供应商, 终止, 停用, 重新评估, 考虑换, 换掉
""",
}
