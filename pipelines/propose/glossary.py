"""English and Chinese names that companies give to the canonical columns, and words for their categories."""

from __future__ import annotations

import re

CUSTOMER = (
    "customer_id customer customer_no customer_number customer_code customer_key cust_id custid cust_no client_id "
    "client client_no client_number account_id account account_no account_number company_id member_id member_no "
    "user_id userid uid subscriber_id buyer_id dealer_id organization_id organisation_id org_id tenant_id party_id "
    "客户编号 客户号 客户ID 客户代码 客户编码 顾客编号 顾客ID 会员编号 会员号 会员ID 会员卡号 用户编号 用户ID 用户号 "
    "账户编号 账号 账户 买家ID 买家编号 公司编号 企业编号 单位编号 经销商编号 客户"
)

NAMES: dict[str, dict[str, str]] = {
    "customers": {
        "signed_up_at": "signed_up_at signup_date sign_up_date signup_at registered_at registration_date "
        "registered_on register_date customer_since member_since joined_at join_date joined created_at created_on "
        "created created_date create_time onboarded_at first_seen since 注册时间 注册日期 开户日期 开户时间 入会日期 "
        "入会时间 建档日期 建档时间 创建时间 创建日期 首次合作日期 加入日期 合作开始日期",
        "name": "name customer_name client_name account_name company_name full_name 客户名称 客户姓名 姓名 名称 "
        "公司名称 "
        "企业名称 单位名称 会员姓名",
        "industry": "industry sector vertical branch 行业 所属行业 行业类别 客户行业",
        "company_size": "company_size size size_class segment employee_band 规模 企业规模 公司规模 人员规模 客户规模",
        "region": "region country state province city area territory location 地区 区域 省份 城市 国家 所在地 "
        "所在地区 省市",
        "channel": "channel source acquisition_channel referral_source lead_source 渠道 来源 客户来源 来源渠道 "
        "获客渠道",
        "owner": "owner account_manager sales_rep csm salesperson 负责人 客户经理 销售 业务员 跟进人 销售负责人",
        "employees": "employees employee_count headcount number_of_employees staff 员工数 员工人数 人数",
        "acquisition_cost": "acquisition_cost cac 获客成本",
    },
    "contracts": {
        "contract_id": "contract_id contract_no contract_number contract subscription_id subscription_no "
        "agreement_id "
        "合同编号 合同号 合同ID 订阅编号 协议编号",
        "started_at": "started_at start_date start contract_start contract_start_date subscription_start "
        "subscription_start_date valid_from effective_date begin_date begins_at 合同开始日期 合同开始时间 "
        "开始日期 开始时间 "
        "生效日期 起始日期 合同起始日期 签约日期 签订日期 签约时间",
        "ends_at": "ends_at end_date end contract_end contract_end_date subscription_end subscription_end_date "
        "valid_to valid_until expiry_date expiration_date expires_at expires 合同到期日期 合同结束日期 到期日期 "
        "到期时间 到期日 "
        "结束日期 结束时间 截止日期 合同到期日 合同截止日期",
        "plan": "plan plan_name plan_tier package tier subscription_type contract_type product 套餐 方案 版本 "
        "合同类型 "
        "产品版本 产品套餐",
        "billing_period": "billing_period billing billing_frequency billing_cycle payment_frequency 计费周期 "
        "付费周期 "
        "付款周期 结算周期",
        "monthly_price": "monthly_price price_per_month mrr mrr_amount monthly_fee monthly_charge monthly_charges "
        "monthly_amount 月费 月租 月金额 月单价",
        "list_price": "list_price list_price_per_month 标价 目录价 原价",
        "discount_share": "discount_share",
        "seats": "seats licences licenses seat_count license_count 席位 席位数 账号数 用户数 授权数",
        "auto_renew": "auto_renew auto_renewal auto_renew_flag 自动续费 自动续约 是否自动续费",
        "is_trial": "is_trial trial trial_flag 是否试用 试用",
        "renewal_of": "renewal_of previous_id previous_contract previous_contract_id 原合同编号 上一合同",
        "renewal_offered_at": "renewal_offered_at renewal_offer_date 续约报价日期",
        "renewal_price": "renewal_price 续约价格",
        "cancelled_at": "cancelled_at canceled_at cancel_date cancellation_date notice_date termination_date "
        "取消时间 取消日期 解约日期 退订时间 退订日期 终止日期",
        "cancel_reason": "cancel_reason cancellation_reason notice_reason 取消原因 解约原因 退订原因 终止原因",
        "ended_at": "ended_at stopped_date service_end 实际结束日期 停用日期",
    },
    "orders": {
        "order_id": "order_id order_no order_number order orderid invoice invoice_no invoice_id transaction_id "
        "transaction_no trans_id receipt_no sales_order purchase_id basket_id 订单号 订单编号 订单ID 单号 "
        "交易号 交易编号 "
        "流水号 销售单号 小票号",
        "ordered_at": "ordered_at order_date order_time order_datetime ordered ordered_on purchase_date purchased_at "
        "purchase_time invoice_date transaction_date transaction_time trans_date sale_date sales_date 下单时间 "
        "下单日期 "
        "订单时间 订单日期 购买时间 购买日期 交易时间 交易日期 成交时间 成交日期 销售日期 消费时间 消费日期 付款时间",
        "amount": "order_amount order_total order_value total total_amount total_price grand_total amount sales "
        "revenue net_amount paid_amount value line_total spend dollar_value sales_amount 订单金额 金额 总金额 "
        "实付金额 "
        "支付金额 成交金额 销售额 销售金额 消费金额 应付金额 总价 交易金额",
        "discount_amount": "discount_amount discount 优惠金额 折扣金额 折扣 优惠",
        "quantity": "quantity qty units items item_count pieces number_of_cds 数量 件数 购买数量 销售数量",
        "category": "category product_category product_group 类别 品类 商品类别 产品类别 商品分类",
        "channel": "channel order_channel source platform 渠道 下单渠道 平台 来源 销售渠道",
        "is_add_on": "is_add_on add_on 是否增购",
        "returned_at": "returned_at return_date refunded_at refund_date 退货时间 退货日期 退款时间 退款日期",
        "refund_amount": "refund_amount refund 退款金额",
    },
    "payments": {
        "payment_id": "payment_id payment_no invoice_id invoice_no invoice_number bill_id bill_no 付款编号 支付编号 "
        "账单编号 账单号 发票号 发票号码 发票编号",
        "issued_at": "issued_at issued issue_date issued_on invoice_date billed_at bill_date billing_date "
        "payment_date "
        "账单日期 账单时间 开票日期 开票时间 出账日期 发票日期",
        "due_at": "due_at due due_date payment_due 到期付款日 应付日期 付款截止日期 应收日期",
        "amount": "amount amount_due invoice_amount bill_amount total payment_amount 账单金额 应收金额 开票金额 "
        "付款金额 金额",
        "method": "method payment_method pay_method 付款方式 支付方式 收款方式",
        "failed_at": "failed_at first_failure failure_date 扣款失败时间 支付失败时间",
        "paid_at": "paid_at paid paid_on paid_date payment_received 付款日期 支付时间 付款时间 实付日期 "
        "到账日期 收款日期 回款日期",
        "refunded_at": "refunded_at refund_date 退款日期 退款时间",
        "refund_amount": "refund_amount 退款金额",
    },
    "usage_events": {
        "event_id": "event_id usage_id log_id session_id login_id 事件编号 日志编号 登录编号",
        "happened_at": "happened_at event_time event_date event_at login_time login_at login_date last_login "
        "usage_date "
        "used_at session_start timestamp accessed_at logged_in_at 登录时间 登录日期 使用时间 使用日期 访问时间 "
        "事件时间 操作时间",
        "event_type": "event_type event action event_name 事件类型 行为 操作类型 事件 行为类型",
        "feature": "feature feature_name module function page 功能 功能模块 模块 功能名称 页面",
        "duration_minutes": "duration_minutes minutes usage_duration_secs duration_seconds duration_secs "
        "seconds duration "
        "时长分钟 使用分钟数 使用时长 在线时长 时长",
        "user_id": "end_user user_name operator user 操作人 使用人 用户名",
    },
    "tickets": {
        "ticket_id": "ticket_id ticket_no ticket_number ticket case_id case_no case_number issue_id 工单编号 "
        "工单号 工单ID "
        "投诉编号",
        "opened_at": "opened_at opened submitted_at open_date opened_on submitted submit_time reported_at 提交时间 "
        "提单时间 工单时间 工单创建时间 受理时间 投诉时间 报修时间 提交日期",
        "ticket_type": "ticket_type issue_type case_type 工单类型 问题类型",
        "priority": "priority urgency severity 优先级 紧急程度",
        "topic": "topic ticket_category issue_category subject 主题 工单主题 问题分类 工单分类",
        "text": "description content body 问题描述 工单内容 描述 投诉内容",
        "first_response_at": "first_response_at first_response answered_at 首次响应时间 首次回复时间 响应时间",
        "resolved_at": "resolved_at resolved closed_at solved_at solved closed closed_date 解决时间 关闭时间 "
        "完成时间 办结时间",
        "departments": "departments 涉及部门数",
        "reopened_at": "reopened_at reopened 重开时间",
        "scored_at": "scored_at rated_at rated 评价时间",
        "satisfaction": "satisfaction satisfaction_score csat rating stars 满意度 评分 满意度评分",
    },
    "interactions": {
        "interaction_id": "interaction_id activity_id contact_id visit_id call_id 互动编号 拜访编号 跟进编号 "
        "联系编号 活动编号",
        "happened_at": "happened_at activity_date activity_time contact_date contacted_at visit_date call_date "
        "follow_up_date 跟进时间 跟进日期 拜访时间 拜访日期 联系时间 联系日期 沟通时间 回访时间 回访日期",
        "kind": "activity_type interaction_type contact_type 跟进类型 拜访类型 互动类型 联系类型",
        "channel": "channel contact_channel medium 跟进方式 联系方式 沟通方式",
        "note": "note notes remarks 跟进内容 拜访内容 沟通内容 跟进记录 备注",
        "replied_at": "replied_at reply_date 回复时间",
    },
    "feedback": {
        "feedback_id": "feedback_id survey_id response_id review_id 反馈编号 问卷编号 调查编号 评价编号",
        "given_at": "given_at survey_date feedback_date response_date review_date 反馈时间 反馈日期 评价时间 "
        "调查日期 填写时间",
        "kind": "survey_type feedback_type 调查类型 反馈类型",
        "score": "score nps nps_score rating 评分 得分 分数 打分",
        "tag": "tag 标签 反馈标签",
        "text": "comment feedback feedback_text review review_text 反馈内容 评价内容 意见 评论",
    },
    "deals": {
        "deal_id": "deal_id opportunity_id deal opportunity 商机编号 商机ID 机会编号",
        "entered_at": "entered_at entered stage_date stage_entered_at stage_changed_at 阶段时间 阶段日期 进入阶段时间",
        "stage": "stage deal_stage opportunity_stage sales_stage 阶段 商机阶段 销售阶段",
        "amount": "amount deal_amount expected_amount 预计金额 商机金额 金额",
    },
    "stock": {
        "measured_at": "measured_at counted counted_at stock_date snapshot_date inventory_date 盘点时间 "
        "盘点日期 库存日期",
        "category": "category product_category 品类 类别 产品类别",
        "units_on_hand": "units_on_hand on_hand stock inventory stock_quantity 库存 库存数量 库存量 在库数量",
        "units_sold": "units_sold sold 销量 销售数量 出库数量",
    },
}

TABLE_WORDS: dict[str, str] = {
    "customers": "customer client account member company companies 客户 会员 用户 顾客 企业",
    "contracts": "contract subscription agreement 合同 订阅 协议",
    "orders": "order sale transaction purchase 订单 销售 交易 购买",
    "payments": "payment invoice bill 付款 支付 账单 发票 回款",
    "usage_events": "usage event login log session activity_log 登录 使用 事件 日志 行为",
    "tickets": "ticket case support complaint 工单 投诉 客服 报修",
    "interactions": "interaction activity activities visit call follow 跟进 拜访 互动 回访",
    "feedback": "feedback survey nps review 反馈 问卷 评价 满意度",
    "deals": "deal opportunity opportunities pipeline 商机 机会",
    "stock": "stock inventory 库存 盘点",
}

UNIT_PRICE = "price unit_price item_price 单价 商品单价 价格"
CURRENCY_COLUMN = "currency currency_code 币种 货币"
GENERIC_TIME = "date time datetime timestamp at created_at created_on created when day 日期 时间 创建时间 创建日期"
GENERIC_ID = "id no number code key record_id 编号 序号 ID 主键"
LABEL = (
    "churn churned churn_label churn_flag churn_value is_churn is_churned exited left has_left attrition "
    "attrition_flag "
    "target label lost customer_status status 是否流失 流失 流失标签 是否离网 离网 是否离开 是否退订 流失标志 "
    "客户状态"
)
LEAKS = "churn attrition cancel_reason leaving_reason exit_reason 流失 离网 退订 解约 取消原因"
POSITIVE = (
    "yes y true t 1 churn churned left lost gone exited cancelled canceled attrited inactive leaver 是 流失 "
    "已流失 离网 "
    "已离网 离开 退订 真 attritedcustomer"
)
NEGATIVE = (
    "no n false f 0 stayed stay retained active existing current joined loyal 否 未流失 在网 留存 未离网 假 正常 "
    "existingcustomer notchurned"
)
CODES = "code zip zip_code postcode postal_code phone 邮编 编码 代码 电话"

VALUES: dict[str, dict[str, str]] = {
    "billing_period": {
        "month": "month monthly m 月 月付 按月 每月 月度 month-to-month",
        "quarter": "quarter quarterly q 季 季付 按季 季度",
        "year": "year yearly annual annually y 年 年付 按年 年度",
    },
    "event_type": {
        "login": "login log_in sign_in signin logon 登录 登陆",
        "feature": "feature use click view 使用 点击 浏览 功能",
        "setup": "setup install configure 安装 配置 设置",
        "export": "export download 导出 下载",
        "error": "error crash failure 错误 报错",
        "community": "community forum post 社区 论坛",
    },
    "ticket_type": {
        "question": "question inquiry how_to 咨询 问题咨询 提问",
        "problem": "problem incident bug fault error 故障 问题 报修 缺陷",
        "complaint": "complaint 投诉 抱怨",
        "request": "request feature_request task 需求 请求 申请",
    },
    "priority": {
        "low": "low 低",
        "normal": "normal medium 中 普通 一般 正常",
        "high": "high 高",
        "urgent": "urgent critical highest 紧急 加急 特急",
    },
    "kind": {
        "outreach": "outreach call phone email 电话 邮件 外呼 跟进",
        "inbound": "inbound 来电 来访",
        "visit": "visit meeting on_site 拜访 上门 会议",
        "campaign": "campaign newsletter 活动 营销",
        "business_review": "business_review qbr 业务回顾 复盘",
        "csm_assigned": "csm_assigned 分配",
        "offer": "offer 报价 优惠",
        "nps": "nps",
        "csat": "csat satisfaction 满意度",
        "comment": "comment review 评论 意见",
    },
    "stage": {
        "lead": "lead new prospect 线索 新建",
        "qualified": "qualified qualification 确认 已确认 需求确认",
        "quote": "quote proposal quotation 报价 方案",
        "contract_approval": "contract_approval negotiation approval 合同审批 审批 谈判",
        "won": "won closed_won win 赢单 成交 签约",
        "lost": "lost closed_lost lose 输单 丢单 失败",
    },
}

_UNITS = re.compile(r"[_ ]?(?:usd|eur|cny|rmb|gbp|jpy|utc)$", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[（【][^)\]）】]*[)\]）】]")


def normal(name: str) -> str:
    """Bring a name to the form in which names are compared.

    Examples
    --------
    >>> normal("Customer ID"), normal("customerId"), normal("金额（元）"), normal("amount_usd")
    ('customerid', 'customerid', '金额', 'amount')
    """
    bare = _BRACKETS.sub("", name.strip())
    return "".join(letter for letter in _UNITS.sub("", bare).casefold() if letter.isalnum())


def words(listed: str) -> list[str]:
    """Names of a glossary entry, normal, in order of preference."""
    return [normal(each) for each in listed.split()]


def names_of(table: str, column: str) -> list[str]:
    """Normal names of a canonical column, best first."""
    return words(CUSTOMER if column == "customer_id" else f"{column} {NAMES[table].get(column, '')}")


def is_chinese(names: list[str]) -> bool:
    """Whether any name is written in Chinese."""
    return any("\u4e00" <= letter <= "\u9fff" for name in names for letter in name)
