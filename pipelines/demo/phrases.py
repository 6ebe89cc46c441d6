"""What customers write: phrases in Chinese and English that are combined into tickets and comments."""

from __future__ import annotations

TICKET_TOPICS = ["billing", "login", "performance", "integration", "delivery", "defect", "training", "new_feature"]
TICKET_MOODS = ["calm", "upset", "leaving"]
COMMENT_TAGS = ["easy", "helpful", "good_value", "too_complex", "slow", "poor_support", "too_expensive", "no_contact"]

TICKET_OPENINGS: dict[str, dict[str, list[str]]] = {
    "zh": {
        "calm": ["你好，", "麻烦看一下，", "请教一个问题，", "早上好，", "同事反馈，", "想确认一下，"],
        "upset": [
            "已经第三次反映了，",
            "请尽快处理，",
            "上次说解决了但是，",
            "我们很着急，",
            "催了好几天了，",
            "非常失望，",
        ],
        "leaving": ["我们在比较别家方案，", "友商的销售来过了，", "老板让我们看看其他系统，", "别家承诺没有这个问题，"],
    },
    "en": {
        "calm": [
            "Hello, ",
            "Quick question: ",
            "Could you check this, ",
            "Good morning, ",
            "A colleague reports that ",
            "",
        ],
        "upset": [
            "This is the third time we write: ",
            "Please treat this as urgent, ",
            "You closed this last week, yet ",
            "We are losing hours every day: ",
            "Still no answer from anyone, ",
            "Very disappointed, ",
        ],
        "leaving": [
            "We are looking at another vendor now, ",
            "A competitor showed us their tool and ",
            "Our director asks for alternatives because ",
            "Another supplier promised this would never happen: ",
        ],
    },
}

TICKET_BODIES: dict[str, dict[str, list[str]]] = {
    "zh": {
        "billing": [
            "发票金额和合同对不上",
            "本月扣款失败了",
            "重复收到两张账单",
            "发票抬头需要修改",
            "付款后仍显示欠费",
        ],
        "login": ["新同事收不到激活邮件", "登录后一直跳回首页", "验证码总是过期", "单点登录突然失效", "账号被锁定了"],
        "performance": [
            "报表打开要等一分钟",
            "下午系统特别卡",
            "导出大文件总是超时",
            "手机端加载不出来",
            "看板刷新很慢",
        ],
        "integration": [
            "和ERP的库存数据不同步",
            "接口返回五百错误",
            "订单没有传到我们系统",
            "同步任务每晚都停",
            "字段映射丢了",
        ],
        "delivery": ["货还没到，说好周三", "少发了两箱", "物流信息一直不更新", "包装破损", "发错了型号"],
        "defect": ["设备用了一周就停机", "新批次质量不稳定", "配件装不上", "按钮点了没有反应", "计算结果不对"],
        "training": [
            "想给新员工安排一次培训",
            "审批流程怎么设置",
            "哪里可以看操作视频",
            "权限如何分配",
            "盘点功能怎么用",
        ],
        "new_feature": [
            "希望支持多仓库",
            "能否增加批量修改",
            "需要按区域汇总的报表",
            "想要企业微信提醒",
            "能不能自定义字段",
        ],
    },
    "en": {
        "billing": [
            "the invoice does not match our contract",
            "this month's charge was declined",
            "we received the same bill twice",
            "our company name on the invoice is outdated",
            "the account shows a balance although we paid",
        ],
        "login": [
            "new users never get the activation mail",
            "after signing in we land on the start page again",
            "single sign-on stopped working",
            "the code expires before it arrives",
            "two accounts are locked",
        ],
        "performance": [
            "reports take a minute to open",
            "the system crawls in the afternoon",
            "large exports time out",
            "the mobile app does not load",
            "the dashboard refreshes too slowly",
        ],
        "integration": [
            "stock levels no longer sync with our ERP",
            "the interface answers with error 500",
            "orders do not reach our system",
            "the nightly sync stops halfway",
            "a mapped field went missing",
        ],
        "delivery": [
            "the goods promised for Wednesday are not here",
            "two boxes were missing",
            "tracking has not moved for days",
            "the packaging arrived broken",
            "we got the wrong model",
        ],
        "defect": [
            "the device failed after a week",
            "the new batch varies in quality",
            "the spare part does not fit",
            "the save button does nothing",
            "totals are calculated wrongly",
        ],
        "training": [
            "can we book a training for new staff",
            "how do we set up approvals",
            "where are the how-to videos",
            "how are permissions assigned",
            "how does the stock count work",
        ],
        "new_feature": [
            "we would like to handle several warehouses",
            "is a bulk edit planned",
            "we need a report by region",
            "could alerts go to our chat tool",
            "can we add our own fields",
        ],
    },
}

TICKET_ENDINGS: dict[str, dict[str, list[str]]] = {
    "zh": {
        "calm": ["，谢谢。", "，请帮忙。", "，不着急。", "，有空回复即可。", "。"],
        "upset": ["，影响业务了！", "，到底谁负责？", "，再这样没法用了。", "，请主管联系我。", "，今天必须解决。"],
        "leaving": ["，合同到期我们会重新评估。", "，他们报价更低。", "，请给个说法。", "，我们在考虑更换。"],
    },
    "en": {
        "calm": [", thank you.", ", please advise.", ", no rush.", ", thanks for the help.", "."],
        "upset": [
            ", our work is blocked!",
            ", who is in charge of this?",
            ", we cannot go on like this.",
            ", please have a manager call me.",
            ", it has to be fixed today.",
        ],
        "leaving": [
            ", we will reconsider at renewal.",
            ", and they charge less.",
            ", please explain.",
            ", we are thinking about switching.",
        ],
    },
}

COMMENTS: dict[str, dict[str, list[str]]] = {
    "zh": {
        "easy": ["上手很快，界面清楚", "操作简单，新人一天就会", "手机上用着顺手", "流程比以前省事"],
        "helpful": ["客服响应及时，很专业", "客户经理很负责", "问题当天就解决了", "每季度的回访很有用"],
        "good_value": ["价格合理，物有所值", "省了不少人工", "投入产出不错", "今年续约很划算"],
        "too_complex": ["功能太多，找不到入口", "设置太复杂，没人会用", "同事都回去用表格了", "学习成本高"],
        "slow": ["系统太慢", "报表总是卡住", "高峰期打不开", "同步延迟严重"],
        "poor_support": ["工单没人跟进", "同样的问题反复出现", "问了几个部门都说不归他管", "回复太慢了"],
        "too_expensive": ["涨价太多了", "续约价格比首年高很多", "别家便宜不少", "性价比下降"],
        "no_contact": ["很久没人联系我们了", "不知道客户经理是谁", "没有人关心我们用得怎么样", "签完合同就没有消息了"],
    },
    "en": {
        "easy": [
            "Easy to learn, clear screens",
            "New staff manage within a day",
            "Works well on the phone",
            "Saves us many steps",
        ],
        "helpful": [
            "Support answers fast and knows the product",
            "Our account manager cares",
            "Fixed the same day",
            "The quarterly review was useful",
        ],
        "good_value": ["Fair price for what it does", "Pays for itself", "Good return", "The renewal was a fair deal"],
        "too_complex": [
            "Too many menus, nobody finds anything",
            "Set-up is too complex",
            "The team went back to spreadsheets",
            "Steep learning curve",
        ],
        "slow": ["Far too slow", "Reports hang all the time", "Unusable at peak hours", "Sync is always behind"],
        "poor_support": [
            "Nobody follows up on tickets",
            "The same problem comes back again and again",
            "Passed from one department to the next",
            "Answers take far too long",
        ],
        "too_expensive": [
            "The price increase is too steep",
            "Renewal costs far more than the first year",
            "Others are cheaper",
            "Not worth the new price",
        ],
        "no_contact": [
            "Nobody has called us for months",
            "We do not know who looks after us",
            "No one asks how we are doing",
            "Silence since we signed",
        ],
    },
}

NOTES: dict[str, dict[str, list[str]]] = {
    "zh": {
        "routine": [
            "例行回访，使用正常",
            "沟通近期需求",
            "确认联系人信息",
            "介绍新功能",
            "了解使用情况",
            "约定下次回访时间",
        ],
        "competitor": ["客户提到友商在接触", "客户收到其他家的报价", "客户在试用竞品", "客户拿别家方案比较"],
        "price": ["客户对续约价格有意见", "客户要求更多折扣", "说明价格调整原因", "客户希望维持原价"],
    },
    "en": {
        "routine": [
            "Routine call, all fine",
            "Talked about upcoming needs",
            "Confirmed the contacts",
            "Presented new features",
            "Asked how things are going",
            "Agreed on the next call",
        ],
        "competitor": [
            "Customer was approached by a competitor",
            "Customer has another offer at hand",
            "Customer is trying a rival product",
            "Customer compares us with another vendor",
        ],
        "price": [
            "Customer is unhappy with the renewal price",
            "Customer asks for a bigger discount",
            "Explained the price change",
            "Customer wants to keep the old price",
        ],
    },
}
