# 面向办事人员的全部文字。与 en.ftl 的键一一对应（有测试核对）。
# 用语中性：只说哪里不一致、请谁核实什么；对扶助对象不提及任何家庭变故。

## 名册、程度、层级、状态

list-population = 人口底册
list-health = 健康档案
list-dibao = 低保名册
list-family = 扶助名册
list-deaths = 死亡名册
list-migrants = 流动人口名册
list-any = 任何
list-none = 名册
# 命令行里也可以这样写。
list-population-words = 人口、户籍
list-health-words = 健康
list-dibao-words = 低保
list-family-words = 扶助、计生
list-deaths-words = 死亡
list-migrants-words = 流动、流动人口

severity-high = 高
severity-medium = 中
severity-low = 低
severity-info = 提示

level-county = 县级
level-township = 乡级
level-village = 村级

status-open = 待核实
status-confirmed = 已属实
status-dismissed = 不属实
status-closed = 已消除

disposition-confirm = 属实
disposition-dismiss = 不属实
disposition-reopen = 重新核实

entry-active = 在册
entry-moved_out = 已迁出
entry-deceased = 已死亡
entry-closed = 已终止
entry-removed = 已不在册

event-birth = 出生
event-death = 死亡
event-transfer = 县内迁移
event-out_migration = 迁出县外
event-in_migration = 县外迁入
event-out_migration-unclear = 迁出（去向不明）
event-in_migration-unclear = 迁入（来处不明）
event-correction = 信息更正

confidence-confirmed = 已印证
confidence-probable = 较可信
confidence-possible = 待印证

missing-contact = 联系人
missing-doctor = 家庭医生
missing-green = 就医绿色通道

sex-m = 男
sex-f = 女

by-number = 身份证号
by-number-of = { $list }的身份证号
by-list-in = { $area }的{ $list }

place-outside = 县外
place-unclear = 去向不明
area-none = 本地

id-fault-length = 位数不对
id-fault-characters = 含有不应出现的字符
id-fault-calendar = 其中的出生日期不存在
id-fault-check-digit = 校验码不符
id-fault-out-of-time = 其中的出生日期不合常理

## 规则：标题、说明、程度的例外

rule-deceased-still-active = 已故人员仍在册
rule-deceased-still-active-says = 另一名册或死亡名册记载此人已故，这里仍为在册；每条在册记录一条
rule-deceased-still-active-note = 低保、扶助为高
rule-alive-after-death = 死亡日期之后仍有在世记录
rule-alive-after-death-says = 死亡日期之后有随访、复核、新登记等在世记录：先核对死亡信息
rule-death-dates-differ = 死亡日期不一致
rule-death-dates-differ-says = 两个来源的死亡日期相差过大
rule-moved-still-active = 已迁走仍在册
rule-moved-still-active-says = 人口底册上已迁出或在别村在册，这里的服务或待遇仍为在册
rule-moved-still-active-note = 扶助超期为高
rule-transfer-unpaired = 迁移只有一头
rule-transfer-unpaired-says = 本县内迁出而迁入地未列，或已迁入而迁出地未销
rule-listed-in-two-areas = 两地同时在册
rule-listed-in-two-areas-says = 同一人在两个以上村（居）的同一名册上在册
rule-listed-in-two-areas-note = 低保、扶助为高
rule-duplicate-entry = 同册重复
rule-duplicate-entry-says = 同一人在一村（居）同一份名册上在册两次；几个单位或几个来源各有一份的，不算重复
rule-no-population-record = 人口底册查无此人
rule-no-population-record-says = 这里在册，而本级所知的人口底册上都没有此人
rule-no-population-record-note = 低保为高
rule-left-without-decision = 无手续退出
rule-left-without-decision-says = 在册记录消失，却没有停发、死亡或迁出的记载：保护当事人
rule-dibao-without-health-record = 低保对象无健康档案
rule-dibao-without-health-record-says = 低保在册而没有有效的健康档案
rule-special-support-uncovered = 扶助服务未覆盖
rule-special-support-uncovered-says = 联系人、家庭医生、就医绿色通道三项未全
rule-dibao-review-overdue = 低保复核超期
rule-dibao-review-overdue-says = 上次复核超过该类的期限
rule-late-report = 登记迟缓
rule-late-report-says = 出生或迁入过了期限才列入名册
rule-id-invalid = 身份证号有误
rule-id-invalid-says = 号码整理后（全半角、空格、小写 x）仍不合规则
rule-id-damaged = 身份证号丢失尾数
rule-id-damaged-says = 号码在表格中丢失尾数；整列丢失的只报一条
rule-id-missing = 缺身份证号
rule-id-missing-says = 已过登记年龄而没有号码
rule-id-conflict = 一人多号
rule-id-conflict-says = 同一人的各条记录号码不同（15 位已换算为 18 位）
rule-shared-id = 一号多人
rule-shared-id-says = 一个有效号码，两个不同的人
rule-name-conflict = 姓名不一致
rule-name-conflict-says = 同一人的姓名写法不同（空格、间隔点、繁体异体不算）
rule-sex-conflict = 性别不一致
rule-sex-conflict-says = 同一人的性别栏之间或与号码不一致
rule-birth-conflict = 出生日期不一致
rule-birth-conflict-says = 同一人的出生日期栏之间或与号码不一致
rule-household-without-head = 户内无户主
rule-household-without-head-says = 户主已故或迁出，户内无人接替
rule-total-differs = 合计数不符
rule-total-differs-says = 表中自写的合计与行数不一致
rule-list-late = 名册未按期更新
rule-list-late-says = 超过更新周期没有收到新的名册

## 每条规则的一句话

finding-deceased-still-active =
    { $area }的{ $list }上仍为在册，但{ $sources ->
        [none] 其他名册
       *[other] { $sources }
    }记载此人{ $died ->
        [none] 已故
       *[other] 已于{ $died }去世
    }，请核实{ $pays ->
        [yes] ，核实前不要停发待遇
       *[no] {""}
    }。{ $sign_of_life ->
        [none] {""}
       *[other] 另有{ $sign_of_life }的在世记录，请先核对死亡信息。
    }
finding-alive-after-death =
    { $sources ->
        [none] 有名册
       *[other] { $sources }
    }记载此人{ $died ->
        [none] 已故
       *[other] 已于{ $died }去世
    }，但{ $sign_list ->
        [none] 另一名册
       *[other] { $sign_list }
    }{ $sign ->
        [none] 之后仍有在世记录
       *[other] 在{ $sign }仍有在世记录
    }，请先核对死亡信息是否属实、是否认错了人（不是同一人的，按 rosterd match --help 拆开），核实前不要停发待遇。
finding-death-dates-differ =
    几份名册记载的死亡日期不一致{ $said ->
        [none] { $dates ->
            [none] {""}
           *[other] （{ $dates }）
        }
       *[other] （{ $said }）
    }{ $days ->
        [none] {""}
       *[other] ，相差{ $days }天
    }，请核对证明。
finding-moved-still-active =
    { $area }的{ $list }上仍为在册，但{ $ground ->
        [elsewhere] 此人的人口底册登记在{ $to ->
            [none] 别处
           *[other] { $to }
        }{ $moved_in ->
            [none] {""}
           *[other] （{ $moved_in }迁入）
        }{ $sign ->
            [none] {""}
           *[other] ，此后这里在{ $sign }仍有记录
        }，请核实由何处服务、发放；需要转接的办理转接
       *[out] { $area }人口底册记载此人已{ $moved_out ->
            [none] 迁出
           *[other] 于{ $moved_out }迁出
        }{ $to ->
            [none] {""}
           *[other] ，去向{ $to }
        }{ $sign ->
            [none] {""}
           *[other] ，此后这里在{ $sign }仍有记录
        }，请核实现居住地；属实的办理转接
    }，转接前不要停发待遇、停止服务。
finding-transfer-unpaired =
    { $direction ->
        [in] { $date ->
            [none] 此人登记为迁入{ $area }
           *[other] 此人登记为{ $date }迁入{ $area }
        }，但{ $other ->
            [none] 迁出地
           *[other] { $other }
        }没有相应的迁出记录
       *[out] { $date ->
            [none] 此人已从{ $area }迁出
           *[other] 此人已于{ $date }从{ $area }迁出
        }，但{ $other ->
            [none] 迁入地
           *[other] { $other }
        }的人口底册上没有此人的在册记录
    }{ $days ->
        [none] {""}
       *[other] ，已过{ $days }天
    }，请两地核对。
finding-listed-in-two-areas =
    此人在{ $areas ->
        [none] 两个以上村（居）
       *[other] { $areas }
    }的{ $list }上同时在册，请核实应由何处保留。
finding-duplicate-entry =
    此人在{ $area }的{ $list }上{ $count ->
        [none] 重复出现
       *[other] 出现{ $count }次
    }，请核实后只保留一行。
finding-no-population-record = 此人在{ $area }的{ $list }上在册，但人口底册上没有此人，请核实户籍所在地或身份信息。
finding-perhaps-listed = 上级{ $by }查到{ $area }的{ $list }上有人可能就是此人，是不是同一人等上级认定
finding-withdrawn = 上级{ $by }查到此人在{ $area }的{ $list }上
finding-left-without-decision =
    此人{ $vanished ->
        [none] 已从
       *[other] 在{ $vanished }前后从
    }{ $area }的{ $list }上消失，但没有停发、死亡或迁出的记录，请核实是否漏报，避免误停待遇。
finding-dibao-without-health-record = { $area }的低保对象没有有效的健康档案，请卫生院核实建档。
finding-special-support-uncovered =
    { $area }的这位扶助对象{ $missing ->
        [none] 服务尚未全覆盖
       *[other] 尚缺：{ $missing }
    }，请落实。
finding-dibao-review-overdue =
    { $class ->
        [none] 此户低保
       *[other] { $class }类低保
    }{ $approved ->
        [none] { $reviewed ->
            [none] 没有复核日期
           *[other] 上次复核为{ $reviewed }
        }
       *[other] 自{ $approved }审批后没有复核
    }{ $days ->
        [none] {""}
       *[other] ，已过{ $days }天
    }{ $days_max ->
        [none] {""}
       *[other] （应在{ $days_max }天内）
    }，请安排复核。
finding-late-report =
    { $kind ->
        [birth] { $date ->
            [none] 此次出生
           *[other] { $date }的出生
        }
       *[in_move] { $date ->
            [none] 此次迁入
           *[other] { $date }的迁入
        }
    }{ $listed ->
        [none] 登记迟缓
       *[other] 到{ $listed }才登记
    }{ $days ->
        [none] {""}
       *[other] ，距发生已{ $days }天
    }{ $days_max ->
        [none] {""}
       *[other] （应在{ $days_max }天内）
    }，请核对日期，今后按期登记。
finding-id-invalid =
    { $area }的{ $list }上身份证号{ $number ->
        [none] {""}
       *[other] { $number }
    }有误{ $fault ->
        [none] {""}
       *[other] （{ $fault }）
    }，请对照证件更正。
finding-id-damaged =
    { $whole_column ->
        [yes] { $area }的{ $list }整列身份证号丢失尾数{ $count ->
            [none] {""}
           *[other] （{ $count }行）
        }，请把该列设为文本格式后重新导出。
       *[other] { $area }的{ $list }上身份证号{ $number ->
            [none] {""}
           *[other] { $number }
        }在表格中丢失尾数，请按证件重新录入（单元格设为文本）。
    }
finding-id-missing = { $area }的{ $list }上此人没有身份证号，请补录。
finding-id-conflict =
    同一人在几份名册上的身份证号不同{ $said ->
        [none] { $numbers ->
            [none] {""}
           *[other] （{ $numbers }）
        }
       *[other] （{ $said }）
    }，{ $former_number ->
        [none] 请对照证件更正。
       *[other] 人口底册已变更原号{ $former_number }，另一名册仍是原号，请更新。
    }
finding-shared-id =
    同一身份证号{ $number ->
        [none] {""}
       *[other] { $number }
    }被不同的人使用{ $said ->
        [none] { $names ->
            [none] {""}
           *[other] （{ $names }）
        }
       *[other] （{ $said }）
    }，请核实各人证件。
finding-name-conflict =
    同一人在几份名册上的姓名不同{ $said ->
        [none] { $names ->
            [none] {""}
           *[other] （{ $names }）
        }
       *[other] （{ $said }）
    }，请对照证件统一。
finding-sex-conflict =
    同一人的性别记载不一致{ $said ->
        [none] { $sexes ->
            [none] {""}
           *[other] （{ $sexes }）
        }
       *[other] （{ $said }）
    }，请对照证件更正。
finding-birth-conflict =
    同一人的出生日期记载不一致{ $said ->
        [none] { $dates ->
            [none] {""}
           *[other] （{ $dates }）
        }
       *[other] （{ $said }）
    }，请对照证件更正。
finding-household-without-head =
    { $area }的一户，{ $event ->
        [left] 户主已迁出
        [gone] 户主已不在册
       *[died] 户主已故
    }，请核实并登记新户主。
finding-total-differs =
    { $area }的{ $list }合计{ $stated ->
        [none] {""}
       *[other] 写为{ $stated }
    }{ $counted ->
        [none] 与名单行数不符
       *[other] ，实际{ $counted }行
    }{ $file ->
        [none] {""}
       *[other] （{ $file }{ $sheet ->
            [none] {""}
           *[other] 工作表“{ $sheet }”
        }{ $row ->
            [none] {""}
           *[other] 第{ $row }行
        }）
    }，请核对。
finding-list-late =
    { $area }的{ $list }{ $last ->
        [none] 尚未收到
       *[other] 最新一份截至{ $last }
    }{ $days ->
        [none] {""}
       *[other] ，已过{ $days }天
    }{ $cycle_days ->
        [none] {""}
       *[other] （应每{ $cycle_days }天更新）
    }，请报送{ $last ->
        [none] {""}
       *[other] ；已经报送的，请看标题、文件名里写的月份是否还是旧的
    }。
finding-other = { $area }的{ $list }有一处不一致，请核实。

## 收不进来的文件和行

problem-empty = 文件是空的
problem-lock-file = 这是表格程序打开文件时留下的临时文件，不用处理
problem-encrypted = 文件有密码，请去掉密码后重新放入
problem-too-large = 文件过大，请按村或按月拆分
problem-zip-bomb = 文件解压后大得不合常理，已拒收
problem-too-many-cells = 表格的单元格过多，请删去空白区域后重新保存
problem-truncated = 文件不完整，可能没有复制完，请重新复制
problem-unsupported-format = 不支持这种文件，请另存为 xlsx 或 csv
problem-unreadable-text = 文字无法识别（编码有误），请用表格程序打开后另存
problem-not-a-roster = 里面没有名册
problem-no-list-recognised = 认不出是哪一种名册，请检查表头，或用 import --list 指明
problem-doubtful-deaths = 看标题或文件名是疑似死亡、待核实的人员，或死者家属的名单，又认不出是别的名册，没有收录；核实死亡后请改名为“死亡人员名单”，或用 import --list 指明是哪种名册
problem-template = 看名称是模板或样表，里面没有人，或只有填表示例，不是名册；请移出收件文件夹。如确是名册，请用 import --list 指明，或去掉文件名里的“模板”“样表”等字样
problem-own-sheet = 这是本系统自己导出的疑点表，不是名册；请不要放进收件文件夹，处理结果请用 rosterd decide 登记
problem-other-roster = 看标题或文件名是别的部门的名册（党员、医保、特困等），不是本系统要收的名册；如确是，请用 import --list 指明，或把文件名改成该名册的名称
problem-database-busy = 数据库正被占用，稍后会再读
problem-database = 数据库读不出来
problem-io = 文件读不出来
problem-broken = 读这个文件时出错：文件损坏，或者程序有缺陷；请用表格程序打开后另存为新的 xlsx，并告知维护人员
problem-not-looked-at = 没有查看：服务无权打开，或者文件夹层数过深、文件过多；请让服务能读取，或放到别处
problem-no-name = 此行没有姓名
problem-unknown-state = 状态栏里的这个词不认识；这些行已收下，别的栏没有写明的按在册（在保、正常）处理
problem-area-damaged = 区划代码被表格程序截短了，行里又没有别的地方写明是哪个村；这些行已按整张表所属的地区收下。请把这一列设为文本，重填代码
problem-area-outside = 此行所属地区不在本级范围内
problem-older-month = 同一名册较早的月份，以最新的为准
problem-no-lines = 表头能识别，下面却没有一行能读出人员，请核对表头与内容是否对应
problem-whose-death = 一行写了几个人，又注明有死亡，但看不出是哪一位；这些人先按健在收下。请改为一人一行
problem-parent-or-child = 扶助名册上注明有死亡，但看不出是父母本人还是子女；父母先按健在收下。如是本人，请把表头写成“本人死亡时间”；如是子女，请写成“子女死亡时间”
problem-head-apart = 户主写在家庭成员旁边，自己没有单独一行；户主也按名册上的人员收下。如确在名册上，请单独写一行；如不在，请去掉户主的身份证号
problem-unclear-title = 标题、工作表名或文件名里提到死亡或迁出，但看不清说的是哪些人；下面的行按各行自己写明的收下，没有写明的按在册处理。请把死亡和迁出的人分开，或在每行写明状态
problem-unread-dates = 这一栏的日期多数看不出是哪一天，这些行已收下，只是没有这个日期。请写成“2026-03-05”这样的完整日期，或在标题里写明年份、月份
problem-unread-column = 有一栏没有读，里面却写着死亡，或写着没有发放；这些行已按其他栏写明的收下。如这一栏写的就是本人的状态，请把表头改成“状态”或“死亡日期”
problem-doubtful-end = 文字里提到死亡或迁出，但看不出是哪一位、是否属实，或与别的栏不符；没有按死亡或迁出收下，别的栏没有写明的按健在处理。请在状态栏里为每个人写清楚
problem-several-names = 一个单元格里写了几个人，读不出各是谁；这几个人没有收下。请改为一人一行
problem-table-beside = 旁边还有另一张表，或另有别人的几栏，没有读；请把每张表单独放在一个工作表里
problem-sheet-repeats-others = 与其他表重复（汇总、副本或其中一部分人），未读
problem-older-than-known = 文件所属日期早于已收入的名册，未采用；如确应以此为准，请覆盖保存到较新的文件，或更正其日期
problem-area-missing = 上次有、这次文件里没有的地区，其记录保持不变
problem-item-of-child = 下级报来的一条记录没有收下
problem-rejected-by-parent = 上级没有收下这条记录
problem-too-large-to-send = 一份名册或一条记录太长，无法上报
problem-unreadable = 内容读不懂
problem-seq-out-of-order = 顺序号不对
problem-other = 未能收入

## 命令行：栏目

label-id = 编号
label-severity = 程度
label-age = 已有
label-area = 地区
label-list = 名册
label-finding = 情况
label-source = 出处
label-status = 状态
label-kind = 类别
label-date = 日期
label-from = 从
label-to = 到
label-confidence = 可信度
label-person = 人员
people-told = { $id } 涉及的其他单位的记录（上级告知）
people-whole-list = { $id } 说的是整份名册（{ $file }），不是某一个人：{ $text }
label-name = 姓名
label-number = 身份证号
label-lines = 行数
label-before = 原有
label-removed = 减少
label-share = 比例
label-since = 时间
label-file = 文件
label-row = 行
label-reason = 原因
label-count = 数量
label-when = 时间
label-until = 截至
label-said-before = 以前的内容
label-who = 谁
label-what = 做了什么
label-query = 查询
label-rule = 规则
label-says = 说明
label-weight = 权重
label-matched = 一致
label-here = 本级
label-sent = 已发送
label-bytes = 字节
label-created = 新增
label-updated = 修改
label-unchanged = 未变
label-refused = 未收
label-state = 状态
label-comparison = 比较项
label-village = 村（居）
label-check = 检查
label-own-key = 本级密钥
label-node = 本级
label-parent = 上级
label-children = 下级
label-backlog = 待上报
label-backup = 最近备份
label-alarm = 告警
label-error = 最近错误
label-equal = 最近核对一致
label-clock = 时钟
label-sources = 来源
label-held = 暂扣
label-quarantined = 未收或需核对
label-findings = 待核实
label-version = 版本
label-last-contact = 最近联系
label-last-read = 最近读取
label-no = 序号
label-due = 应办结日
label-overdue = 超期
label-is-overdue = 是否超期
label-outcome = 处理结果
label-note = 备注
label-office = 处理单位
label-total = 合计
label-elsewhere = 跨村（居）

state-ok = 正常
state-warn = 注意
state-bad = 故障
state-connected = 已连接
state-away = 没有连接
state-connecting = 正在连接
state-not-joined = 尚未接入
state-revoked = 凭证已撤销
state-superseded = 已被另一台机器替代
state-waiting = 等待重试
state-none = 无
state-never = 从未
state-paused = 已暂停
state-working = 正在处理
state-waits-parent = 等待上级
state-waits-below = 等待下级重新报送本库缺失的数据
state-waits-file = 正在重试打开 { $file }
state-stopped = 没有运行
state-settled = 已处理完
state-read = 已读
state-quarantined = 未收
state-held = 暂扣，待确认
state-rejected = 已作废
state-taken = 已收入
state-refused-file = 未收
state-would-take = 将收入
state-outdated = 未采用：日期早于已收入的名册
state-would-hold = 将被暂扣
state-equal = 一致
state-differs = 不一致

compared = { $what }：{ $how }
compared-number = 身份证号
compared-name = 姓名
compared-name-rarity = 共有的字
compared-birth = 出生日期
compared-sex = 性别
compared-place = 地区
compared-household = 家庭
compared-spouse = 配偶
compared-phone = 电话
compared-birth_beside_number = 出生日期（号码相同时）
compared-place_beside_number = 地区（号码相同时）
compared-version = 权重版本
compared-match_bits = 认定同一人所需
compared-potential_bits = 提请人工判断所需
compared-margin_bits = 须高出次优者
compared-twice_listed_bits = 同村同册已有一行时减去
compared-vacancy_bits = 两行都没有别的归属时加上
compared-rarity_share = 用字少见程度的份量
compared-rarity_bits_max = 用字少见程度的上限
likeness-equal = 相同
likeness-equal-invalid = 相同但无效
likeness-slip = 差一处
likeness-tail-slip = 顺序码差一处
likeness-two-slips = 差两处
likeness-prefix = 残留部分相同
likeness-extended = 一个多出几位
likeness-unlike = 不像
likeness-valid-slip = 都有效，差一处
likeness-valid-unlike = 都有效，不同
likeness-former = 变更前后
likeness-not-own = 一个与本行出生日期或性别不符
likeness-missing = 缺
likeness-wildcard = 除认不出的字外相同
likeness-truncated = 一个被截短
likeness-sound = 同音字
likeness-near-sound = 近音字
likeness-swapped = 字序颠倒
likeness-one-character = 一字不同
likeness-dropped = 多字或少字
likeness-surname-only = 只有姓相同
likeness-different = 不同
likeness-shared = 用字少见程度
likeness-month = 同年同月
likeness-spelled = 号码所示日期相近
likeness-lunar = 农历与公历
likeness-year = 同年
likeness-village = 同村
likeness-move-named = 迁移所指
likeness-township = 同乡镇
likeness-county = 同县
likeness-beyond = 不同县
likeness-head-and-relation = 同户主、同类关系
likeness-head = 同户主
likeness-both-heads = 都是户主
likeness-household = 同户号

# 命令行里认定一对人员时可以这样写。
match-confirm-words = 同一人、是
match-reject-words = 不是同一人、不同的人、不是、否

look-search = 查询
look-reveal = 查看全文

age-days = { $days }天
age-today = 今天
seconds-ago = { $count }秒前
minutes-ago = { $count }分钟前
hours-ago = { $count }小时前
days-ago = { $count }天前

## 命令行：句子

say-error = 错误
say-because = 原因
say-hint = 怎么办
say-no-daemon = 后台服务没有运行；以下是库中已有的内容（只读）。
say-no-daemon-copy = 后台服务没有运行；直接从库中备份。
say-no-area-called-so = 本级不知道叫“{ $name }”的地区。
say-areas-called-so = 叫“{ $name }”的地区不止一个。
say-write-the-code = 请写区划代码，或本级显示的名称
say-area-outside = { $area } 不在本级（{ $here }）范围内。
say-needs-daemon = 后台服务没有运行，这个命令要由它来做。
say-needs-daemon-hint = 请先启动：systemctl start rosterd，或 rosterd run --config { $file }
say-daemon-runs = 后台服务正在运行，这个命令要在它停止时做。
say-daemon-runs-hint = 请先停止：systemctl stop rosterd
say-no-config = 找不到设置文件。
say-no-config-hint = 依次找过：{ $places }。用 rosterd init 或 rosterd setup 新建，或用 --config 指明。
say-no-findings = 没有待核实的疑点。
say-no-findings-such = 没有符合条件的疑点。
say-no-events = 没有事件。
say-no-people = 没有找到。
say-no-held = 没有暂扣的文件。
say-no-quarantine = 没有未收或需核对的文件或行。
say-no-matches = 没有待认定的人员。
say-no-access = 还没有查阅记录。
say-findings-count = 共{ $count }条（{ $parts }）。
say-count = 共{ $count }条。
say-decided = { $id }：{ $status }。
say-decided-already = { $id }：先前已这样处理（{ $status }），没有重复登记。
say-decided-closed = { $id }：已登记；此疑点已消除。
say-decided-above = { $id }：已登记，上级收到后生效。
say-sheet = 已写入 { $file }：{ $count } 条。
say-yes = 是
say-no = 否
say-held-released = { $id } 已放行。
say-held-rejected = { $id } 已作废。
say-held-removes-much = 会减少 { $before } 行中的 { $removed } 行
say-held-changes-much = 同时有 { $changed } 行换成了另一个人（姓名或身份证号全变了，共 { $lines } 行）：多半是表格里有一列错了位，或者只排序了一列。表错了的，请作废，改好再放；表没错的，请放行
say-held-revives-many = 有 { $revived } 人原来记为死亡、迁出或停止，这份表里却又都成了在册：多半是状态那一列漏了、错了位，或者换了写法。表错了的，请作废，改好再放；表没错的，请放行
say-held-names-some = 看文件名，{ $file } 只列了一部分人，{ $other } 里的人它没列全：当作全表收下，没列的人就没了。只是摘出来的一部分的，请作废或者把文件拿走；从今往后就用它作全表的，请放行
say-held-other-file = { $file } 与仍在文件夹里的 { $other } 几乎没有相同的人：每份表都算全表，收下这份，另一份里的人就全没了。两份合起来才是全表的，请在文件名里写明是哪一部分（1组、2组），或合成一个工作簿（每份一个工作表），或放进单独的文件夹并在 rosterd.toml 的 [[source]] 里写 mode = "append"；这份要代替另一份的，请放行
say-held-missing = 放行或作废之前，这些名册上没有的人不新报为缺人；已经报出的照旧
say-held-hint = 核对后：rosterd held release 编号，或 rosterd held reject 编号
say-match-confirmed = { $id } 已认定为同一人。
say-match-rejected = { $id } 已认定为不同的人，今后不再合并。
say-part-hint = 其中有两行不是同一个人的：rosterd match 编号 reject
say-match-hint = 核对后：rosterd match 编号 confirm 或 reject
say-paused = 已暂停读取和上报，不会丢失任何内容。
say-resumed = 已继续。
say-initialised = 已在 { $dir } 建好。
say-next-run = 下一步：rosterd run --config { $file }
say-next-join = 下一步：请上级执行 rosterd invite --area { $area }，再用得到的入网码执行 rosterd join 入网码 --config { $file }
say-exists = { $file } 已经存在，没有改动。
say-exists-hint = 请换一个文件夹，或自行修改该文件。
say-invited = 下面这行是 { $area } 的入网码，只能用一次，有效期至 { $expires }。请当面或电话告知，不要发到群里。
say-joined = 已接入上级（{ $parent }）。
say-trusted = { $area } 今后以密钥 { $key } 为准（原为 { $before }）。
say-trusted-looks = { $area } 的查阅记录以现在的为准。
say-revoked = { $area } 的凭证已作废。
say-equal = 两边一致。
say-differs = 两边不一致；用 rosterd resync 修复。
say-more-refused = ……另有 { $count } 处；收入后用 rosterd quarantine 查看全部
say-dry-run = 以上是预演，没有改动任何内容。
say-backed-up = 已备份到 { $file }（{ $bytes } 字节，已验证）。
say-nightly = 已备份到 { $file }，并试恢复、核对无误；记录 { $entries } 条，现存备份 { $kept } 份。
say-restored-anew = 已从 { $file } 恢复。
say-restored = 已从 { $file } 恢复；原来的库保存在 { $kept }。
say-rekeyed = { $file } 现已用设置中的密钥加密。
say-keep-key = 数据库用 { $file } 中的密钥加密。请另存一份密钥：没有它，数据库和备份都无法打开。
say-exported = 已写入 { $file }：{ $entries } 条。
say-exported-nothing = 没有要上报的内容，{ $file } 是空的。
say-imported = 已收入 { $entries } 条，未收 { $refused } 条。
say-receipts = 请把回执 { $file } 带回下级，用 rosterd import-batch 读入。
say-receipts-read = 回执已读入：上级已收到第 { $upto } 号为止的全部内容。
say-not-settled = { $secs } 秒内没有处理完。
status-waits-paused = 已暂停：用 rosterd resume 继续。
status-waits-parent = 文件已全部读入并核对，正在等待上级。
status-waits-below = 本库是从备份恢复的：正在等待下级重新报送缺失的数据（最多一小时），之后再与上级核对；rosterd resync 可立即核对。
status-waits-file = { $file } 打不开，正在重试：文件是否正被占用，或服务账户无权读取？
say-reveal-logged = 本次查看完整信息已登记：{ $reason }
say-reveal-reason = 查看完整姓名和身份证号要写明理由：--reveal --reason 理由
say-listening-none = 本级没有开放给下级的地址（[listen] addr）。
say-rematched = 人员 { $persons } 人：新合并 { $joined }，新拆开 { $split }；新增疑点 { $opened }，消除 { $closed }。
say-healthy = 一切正常。
say-unhealthy = { $bad } 处故障，{ $warn } 处需注意。
say-link-score = { $lines } 行：准确率 { $precision }，召回率 { $recall }，F1 { $f1 }，用时 { $seconds } 秒。
hint-rematch = 新权重还没有启用；先看 rosterd rematch --dry-run，再执行 rosterd rematch
hint-resync-held = 有 { $count } 条删除在等人确认：确认无误的，在 { $area } 那里执行 rosterd resync
hint-resync-differs = 两边还不一致；rosterd verify 看差在哪里，rosterd quarantine 看哪些没有被收下
hint-invite-voids = 先前给 { $area } 的入网码作废，只有这一个有效
hint-invite-replaces = { $area } 已有电脑接入：谁用这个入网码接入，谁就替代那台电脑
hint-resync-later = 下级没有及时来联系；它下次来联系时办理
hint-access-whole = 查阅记录链完整：累计 { $count } 次，最后一条为 { $print }
say-written = 已写入 { $file }

## 进度

progress-wait = 等待处理完
progress-wait-of = 等待处理完（已等 { $done } 秒，最多 { $total } 秒）
progress-read = 读取
progress-compare = 比对
progress-repair = 修复
progress-rematch = 重新认人
progress-backup = 备份

## 状态页

status-held-hint = 有 { $count } 份文件被暂扣，请看：rosterd held
status-quarantined-hint = 有 { $count } 处未收或需核对，请看：rosterd quarantine
status-awaited-hint = 有 { $count } 份名册还有文件在等人处理，处理前这些名册不新报缺人
status-lines = { $lines } 行
status-backlog = { $entries } 条（{ $bytes } 字节）
status-node = { $name }（{ $area }）{ $level }，{ $state }
status-parent-unasked = { $url }，本级服务没有运行，现在的情况不明
status-slow = 比上级慢约 { $span }
status-fast = 比上级快约 { $span }
span-seconds = { $count } 秒
span-minutes = { $count } 分钟
span-hours = { $count } 小时
span-days = { $count } 天
span-years = { $count } 年

## 体检

check-settings = 设置文件
check-data-mode = 数据文件夹权限
check-data-mode-hint = 别的账号也能打开数据文件夹；请执行：chmod 700 { $path }
check-writable = 数据文件夹写入
check-writable-hint = 写不进去；请检查 { $path } 的所有者和磁盘
check-disk = 磁盘剩余空间
check-disk-hint = { $path } 所在磁盘只剩 { $free } MB，请清理
check-source = 来源 { $name }
check-source-hint = 找不到或打不开 { $path }，请检查路径和权限
check-daemon = 后台服务
check-daemon-hint = 没有运行；请执行 systemctl status rosterd 查看原因
check-parent = 与上级的连接
check-parent-hint = 请检查网络；离线期间的变化会保存下来，恢复后自动上报
check-parent-fails = 与上级的连接
check-parent-fails-hint = { $why }。请先处理这个问题，或检查网络；期间的变化会保存下来，恢复后自动上报
check-parent-refuses = 与上级的连接
check-parent-refuses-hint = { $why }。请向上级要新的入网码（上级执行 rosterd invite），再执行 rosterd join 入网码；期间的变化会保存下来
check-joined = 入网凭证
check-joined-hint = 还没有接入上级；请执行 rosterd join 入网码
check-backlog = 待上报
check-backlog-hint = 还有 { $entries } 条没有得到上级确认
check-alarm = 告警
check-alarm-hint = { $text }。{ $hint }
check-backup = 夜间备份
check-backup-hint = 还没有；运行 systemctl enable --now rosterd-backup.timer，或用 cron 每晚运行 rosterd backup --nightly
check-paused = 已暂停
check-paused-hint = 读取和上报都停着，运行 rosterd resume 继续
check-held = 暂扣的文件
check-held-hint = { $count } 份待确认：rosterd held
check-quarantined = 未收或需核对的文件和行
check-quarantined-hint = { $count } 处：rosterd quarantine
check-clock = 系统时间
check-clock-hint = 系统时间早于本程序发布，请校时
check-listen = 下级接入地址
check-listen-hint = { $addr } 不可用，可能被别的程序占用
check-store-opens = 打开数据库
check-store-opens-hint = { $why }
check-store-sound = 数据库完整性
check-store-sound-hint = 数据库已损坏；请停止服务，用最近的备份执行 rosterd restore 备份文件。没有备份时，把 rosterd.db 移开后重新启动：收件夹会重新读入，下级会重新上报，再用 rosterd resync 与上级对齐
check-store-encrypted = 数据库加密
check-store-encrypted-hint = 尚未加密：设置 [store] key_file，停止服务后运行 rosterd rekey；否则请加密磁盘
check-store-key-apart = 密钥存放位置
check-store-key-apart-hint = { $path } 与数据在同一磁盘：可保护副本和备份，防不了整机被盗；封存方法见英文说明 README.md 的 At rest 一节
check-access-log = 查阅记录完整性
check-access-log-hint = 查阅记录的校验链断开，有人改动过
check-log-dir = 日志文件夹
check-log-dir-hint = 无法写入 { $path }，请检查权限

## 设置向导

setup-welcome = 回答几个问题，就能用起来。直接回车采用括号里的值。
setup-area = 本单位区划代码（县 6 位、乡镇（街道）9 位、村（居）12 位）
setup-name = 本单位名称
setup-dir = 安装到哪个文件夹
setup-inbox = 监视哪个文件夹（表格放在这里）
setup-code = 上级给的入网码（没有就直接回车）
setup-listen = 下级从哪个地址接入（没有下级就直接回车）
setup-service = 现在启动并设为开机自启（y/n）
setup-bad-area = 请输入 6、9 或 12 位数字。
setup-bad-address = 请输入 地址:端口，例如 0.0.0.0:7443。
setup-bad-name = 最多60个字，写在一行里。
setup-bad-code = 这不是本地区的入网码，请重新复制整行；没有就按回车。
setup-yes-or-no = 请回答 y 或 n。
setup-join-later = 还没有接入上级，其余都已设好；以后运行 rosterd join 入网码{ $config } 即可。
setup-needed = 必须填写。
setup-no-terminal = 没有终端可以提问；请用参数给出 { $flag }。
setup-service-started = 服务已启动。
setup-service-failed = 服务没有启动起来。
setup-service-failed-hint = 请执行 systemctl status rosterd 查看原因
setup-no-systemd = 服务没有启动，这里不由 systemd 管理；请执行 rosterd run --config { $file }
setup-done = 安装完成。把表格放进 { $inbox } 即可；用 rosterd status{ $config } 查看。

## 演示

demo-start = 在 { $dir } 里起一个县、一个乡、两个村，各是一个真正的后台进程。
demo-init = 建好 { $name }（{ $area }）
demo-join = { $name } 接入 { $parent }
demo-month = 各村和县放入 { $month } 的表格……
demo-settled = 全部处理完，用时 { $secs } 秒。
demo-result = { $name }看到的不一致，按规则和村（居）：
demo-examples = 每条规则举一例：
demo-stays = 后台进程继续运行，按 Ctrl-C 结束。另开终端可以试：
demo-stopped = 已全部停止。
demo-log = { $name } 的不一致日志：{ $file }
demo-failed = { $name } 没有起来，日志在 { $file }

## 不一致日志

log-opened = 新发现
log-changed = 有变化
log-decided = 已处理
log-closed = 已消除
log-reopened = 又出现
log-due = （应于{ $due }前办结）
told-due = 应于{ $due }前办结。
told-overdue = 应于{ $due }前办结，已超期！
told-decision = 处理结果：{ $verdict }（{ $by }，{ $at }）：{ $note }
log-withdrawn = （已撤回：{ $why }）
log-note = ，说明：{ $note }

word-differs = 保存的数据与其签名不一致
word-forged = 签名不是它自己的
word-other-key = 换了签名密钥
alarm-no-progress = 已有 { $hours } 小时没有任何进展
alarm-child-replaced = 另一台电脑以 { $area } 的名义接入，替代了原来那台
alarm-child-silent = { $office } 已有 { $days } 天没有联系
alarm-parity-broken = 与 { $area } 的数据不一致
alarm-clock-skew = 与 { $area } 的时钟相差约 { $span }
alarm-word-differs = 本级保存的 { $area } 数据与该单位签名确认的不一致，已 { $hours } 小时：中途可能被改动，请向该单位核实
alarm-word-forged = 以 { $area } 名义送来的签名不是它自己的：中途可能被改动
alarm-word-other-key = { $area } 换了签名密钥：请先电话核实，再运行 rosterd trust --area { $area }
alarm-word-missing = { $days } 天没有收到 { $area } 的签名确认
alarm-looks-lost = { $area } 的查阅记录少了 { $count } 条
alarm-disk-full = 磁盘已满（只剩 { $free } MB）：腾出空间之前不再读入文件
alarm-store-damaged = 数据库已损坏，不再写入：请恢复最近的备份（rosterd doctor）
alarm-disk-low = 磁盘只剩 { $free } MB
alarm-backup-failed = 夜间备份失败（{ $why }）
alarm-backup-old = 已有 { $hours } 小时没有完好的备份
alarm-no-progress-hint = 用 rosterd status 查看最近的错误；数据都在，等着上报
alarm-child-replaced-hint = 请打电话问该单位：是他们换了电脑吗？不是的话，运行 rosterd revoke --area，再重新邀请
alarm-child-silent-hint = 请打电话问该单位：机器开着吗？那边 rosterd status 能看到上级吗？
alarm-parity-broken-hint = 运行 rosterd resync 修复
alarm-clock-skew-hint = 请校正走错的那台机器的时钟；timedatectl 可查看
alarm-disk-low-hint = 请在 { $folder } 所在的磁盘上腾出空间
alarm-disk-full-hint = 请在 { $folder } 所在磁盘腾出空间；之后会自动继续读入
alarm-store-damaged-hint = 请停止服务，用最近的备份恢复：rosterd restore 备份文件
alarm-word-differs-hint = 请打电话向该单位核对；rosterd verify --area 会列出差异
alarm-word-forged-hint = 请打电话核实；查明原因之前，不要相信中途转来的数据
alarm-word-other-key-hint = 请打电话核实：是否重装了电脑？确认后运行 rosterd trust --area
alarm-word-missing-hint = 请打电话询问：电脑开着吗？那里的 rosterd 与本机版本一样新吗？
alarm-looks-lost-hint = 请向该单位核实是谁改动了查阅记录；如是恢复了备份，运行 rosterd trust --area
alarm-backup-failed-hint = 用 journalctl -u rosterd-backup 查看原因，然后 systemctl start rosterd-backup
alarm-backup-old-hint = 用 systemctl list-timers rosterd-backup.timer 查看它何时运行
alarm-ended = 已恢复
